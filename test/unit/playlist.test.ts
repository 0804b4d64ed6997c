import HLS from 'hls-parser'
import { describe, expect, it } from 'vitest'
import { rewritePlaylist } from '../../shared/domain/videos/rewrite-playlist.ts'

const master = `#EXTM3U
#EXT-X-VERSION:4
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="en",DEFAULT=YES,URI="master_audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1500000,AVERAGE-BANDWIDTH=1200000,CODECS="avc1.4d401f,mp4a.40.2",RESOLUTION=1280x720,AUDIO="sound"
master_720p.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS="avc1.4d401e,mp4a.40.2",RESOLUTION=640x360,AUDIO="sound"
master_360p.m3u8
`

const media = `#EXTM3U\r
#EXT-X-VERSION:7\r
#EXT-X-TARGETDURATION:4\r
#EXT-X-PLAYLIST-TYPE:VOD\r
#EXT-X-MAP:URI="master_720p.mp4",BYTERANGE="800@0"\r
#EXTINF:4.0,\r
#EXT-X-BYTERANGE:1000@800\r
master_720p.mp4\r
#EXTINF:2.5,\r
#EXT-X-BYTERANGE:700@1800\r
master_720p.mp4\r
#EXT-X-ENDLIST\r
`

const links = () => {
  const signed: string[] = []
  return {
    signed,
    playlist: (name: string) => `${name}?token=abc.def`,
    file: async (name: string) => {
      signed.push(name)
      return `https://bucket.example/media/${name}?X-Amz-Signature=${signed.length}`
    },
  }
}

describe('A master playlist', () => {
  it('repeats the token on every other playlist', async () => {
    const playlist = HLS.parse(await rewritePlaylist(master, links())) as HLS.types.MasterPlaylist
    expect(playlist.variants.map(variant => variant.uri)).toEqual([
      'master_720p.m3u8?token=abc.def',
      'master_360p.m3u8?token=abc.def',
    ])
    expect(playlist.variants[0]!.audio[0]!.uri).toBe('master_audio.m3u8?token=abc.def')
    expect(playlist.variants[0]!.resolution).toEqual({ width: 1280, height: 720 })
  })
})

describe('A media playlist', () => {
  it('signs a file once, however many ranges of it there are', async () => {
    const used = links()
    const playlist = HLS.parse(await rewritePlaylist(media, used)) as HLS.types.MediaPlaylist
    const link = 'https://bucket.example/media/master_720p.mp4?X-Amz-Signature=1'
    expect(used.signed).toEqual(['master_720p.mp4'])
    expect(playlist.segments.map(segment => segment.uri)).toEqual([link, link])
    expect(playlist.segments.map(segment => segment.byterange)).toEqual([
      { length: 1000, offset: 800 },
      { length: 700, offset: 1800 },
    ])
    expect(playlist.segments[0]!.map!.uri).toBe(link)
    expect(playlist.endlist).toBe(true)
  })

  it.each(['../other/secret.ts', '/etc/passwd', 'https://elsewhere.example/a.ts', 'a/b.ts'])(
    'that points to %s is refused',
    async uri => {
      await expect(rewritePlaylist(`#EXTM3U\n#EXTINF:4,\n${uri}\n`, links())).rejects.toThrow('points to')
    },
  )
})
