import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import HLS from 'hls-parser'
import { beforeAll, describe, expect, it } from 'vitest'
import { silentVideo, speechVideo } from '../support/fixtures.ts'
import { ask, type HubUser, signUp } from '../support/hub.ts'

const execute = promisify(execFile)
let user: HubUser
let film: Awaited<ReturnType<HubUser['take']>>['video']
let other: typeof film
beforeAll(async () => {
  user = await signUp()
  const [first, second] = await Promise.all([
    user.take(await speechVideo(), { language: 'en' }),
    user.take(await silentVideo()),
  ])
  film = first.video
  other = second.video
})

const secondsOf = async (file: string) => {
  const { stdout } = await execute('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'format=duration',
    '-of',
    'csv=p=0',
    file,
  ])
  return Number(stdout)
}

/** How much a player shows that is given an address and nothing else. */
const playedSeconds = async (url: string) => {
  const { stdout } = await execute('ffmpeg', [
    '-nostdin',
    '-v',
    'error',
    '-i',
    url,
    '-progress',
    'pipe:1',
    '-f',
    'null',
    '-',
  ])
  const progress = Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map(line => line.split('=', 2)),
  )
  return { seconds: Number(progress.out_time_us) / 1_000_000, frames: Number(progress.frame) }
}

const tokenOf = ({ playbackUrl }: typeof film) => new URL(playbackUrl!).searchParams.get('token')!

describe('A processed video', () => {
  it('plays whole in a player that knows only its address', async () => {
    const source = await secondsOf(await speechVideo())
    const { seconds, frames } = await playedSeconds(film.playbackUrl!)
    expect(Math.abs(seconds - source)).toBeLessThan(0.1)
    expect(Math.abs(frames / 25 - source)).toBeLessThan(0.1)
  })

  it('has valid playlists: no picture above the source, four-second segments, one file a rendition', async () => {
    const master = HLS.parse(
      (await fetch(film.playbackUrl!).then(answer => answer.text())) as string,
    ) as HLS.types.MasterPlaylist
    expect(master.isMasterPlaylist).toBe(true)
    expect(master.variants.map(({ resolution }) => resolution)).toEqual([{ width: 640, height: 360 }])
    for (const { uri } of master.variants) {
      const answer = await fetch(new URL(uri, film.playbackUrl!))
      expect(answer.headers.get('content-type')).toBe('application/vnd.apple.mpegurl')
      const media = HLS.parse(await answer.text()) as HLS.types.MediaPlaylist
      expect(media.endlist).toBe(true)
      expect(media.segments.map(({ duration }) => Math.round(duration))).toEqual([4, 3])
      expect(new Set(media.segments.map(segment => segment.uri)).size).toBe(1)
      const [first, second] = media.segments.map(segment => segment.byterange!)
      expect([first!.offset, second!.offset]).toEqual([0, first!.length])
    }
  })

  it('opens its playlists to its own token alone', async () => {
    const play = (videoId: string, token: string) =>
      ask('GET', `/videos/${videoId}/playback/master.m3u8?token=${token}`)
    expect((await play(film.id, tokenOf(film))).status).toBe(200)
    for (const token of [tokenOf(other), user.token, 'a.b.c'])
      expect((await play(film.id, token)).body).toMatchObject({ status: 401, code: 'playback.link_invalid' })
    expect((await ask('GET', `/videos/${film.id}`, { token: tokenOf(film) })).status).toBe(401)
  })

  it('has a thumbnail, a storyboard and its file behind links that need no header', async () => {
    const thumbnail = await fetch(film.thumbnailUrl!)
    expect(thumbnail.headers.get('content-type')).toBe('image/jpeg')
    expect(Buffer.from(await thumbnail.arrayBuffer()).subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]))

    const cues = await (await fetch(film.metadata!.storyboardUrl!)).text()
    const sprite = /^http\S+(?=#xywh=0,0,)/m.exec(cues)![0]
    expect((await fetch(sprite)).headers.get('content-type')).toBe('image/jpeg')

    const file = await fetch(film.fileUrl!)
    expect(Buffer.from(await file.arrayBuffer()).equals(await readFile(await speechVideo()))).toBe(true)
    const range = await fetch(film.fileUrl!, { headers: { Range: 'bytes=4-7' } })
    expect([range.status, await range.text()]).toEqual([206, 'ftyp'])
    expect((await fetch(film.fileUrl!.replace(/\?.*/, ''))).status).toBe(403)
  })
})
