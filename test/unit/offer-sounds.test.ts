import HLS from 'hls-parser'
import { expect, test } from 'vitest'
import { offerSounds } from '../../shared/domain/videos/offer-sounds.ts'

const master = `#EXTM3U
#EXT-X-VERSION:4
#EXT-X-STREAM-INF:BANDWIDTH=1500000,CODECS="avc1.4d401f,mp4a.40.2",RESOLUTION=1280x720
master_720p.m3u8
`

test('A film with several sounds offers them by name, the first within its variants', () => {
  const text = offerSounds(master, { language: 'en' }, [
    { language: 'vi', uri: 'sound_1.m3u8' },
    { language: 'vi', title: 'Lời "bình"\nA', uri: 'sound_2.m3u8' },
    { title: 'English', uri: 'sound_3.m3u8' },
  ])
  const { variants } = HLS.parse(text) as HLS.types.MasterPlaylist
  const offered = variants[0]!.audio.map(({ name, language, isDefault, uri }) => [
    name,
    language,
    isDefault,
    uri,
  ])
  expect(offered).toEqual([
    ['English', 'en', true, undefined],
    ['Tiếng Việt', 'vi', false, 'sound_1.m3u8'],
    ['Lời  bình  A', 'vi', false, 'sound_2.m3u8'],
    ['English 2', undefined, false, 'sound_3.m3u8'],
  ])
})

test('A film with one sound stays as it is', () => expect(offerSounds(master, {}, [])).toBe(master))
