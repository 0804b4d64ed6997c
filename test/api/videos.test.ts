import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import HLS from 'hls-parser'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as runs from '../../shared/db/repositories/runs.ts'
import { saveSummary } from '../../shared/db/repositories/summaries.ts'
import { replaceSegments } from '../../shared/db/repositories/transcripts.ts'
import { addVideo } from '../support/database.ts'
import { type MediaHub, startMediaHub } from '../support/media-hub.ts'

let hub: MediaHub
let user: { userId: string; token: string }
beforeAll(async () => {
  hub = await startMediaHub()
})
afterAll(() => hub.close())
beforeEach(async () => {
  user = await hub.signUp()
})

const get = (path: string, o: { token?: string; headers?: Record<string, string> } = {}) =>
  hub.call('GET', path, { token: user.token, ...o })
const bucketUrl = (key: string) => `s3://${hub.storage.bucket}/${key}`

/** A video whose file has landed and whose run is under way. */
const runningVideo = async (title = 'A film') => {
  const sizeBytes = 64
  const body = { title, fileName: 'film.mp4', contentType: 'video/mp4', sizeBytes }
  const { video } = (await hub.call('POST', '/videos/upload', { token: user.token, body })).body
  const key = `users/${user.userId}/videos/${video.id}/source.mp4`
  await hub.storage.put(key, Buffer.alloc(sizeBytes), { contentType: 'video/mp4' })
  await hub.settle()
  const [run] = await hub.runsOf(video.id)
  await runs.claimRun(hub.sql, { videoId: video.id, runId: run!.name, attempt: 1 })
  return { videoId: video.id as string, runId: run!.name, key }
}

const segments = [
  { startMs: 0, endMs: 2500, text: 'Xin chào & <b>tạm biệt</b>', confidence: 0.92 },
  { startMs: 2500, endMs: 4000, text: 'Giáo dục', confidence: null },
]
const master =
  '#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360\nmaster_360p.m3u8\n'
const media = (count: number) =>
  `#EXTM3U\n#EXT-X-VERSION:4\n#EXT-X-TARGETDURATION:4\n${Array.from({ length: count }, (_, i) => `#EXTINF:4.0,\n#EXT-X-BYTERANGE:4@${i * 4}\nmaster_360p.ts\n`).join('')}#EXT-X-ENDLIST\n`

/** The same video, as the pipeline leaves it. */
const processedVideo = async (title?: string, { segmentCount = 3 } = {}) => {
  const { videoId, runId, key } = await runningVideo(title)
  const folder = `media/${videoId}/${runId}/`
  const put = (name: string, text: string) =>
    hub.storage.put(folder + name, text, { contentType: 'text/plain' })
  await put('hls/master.m3u8', master)
  await put('hls/master_360p.m3u8', media(segmentCount))
  await put('hls/master_360p.ts', 'abcdefghijkl')
  await put('thumbnail.jpg', 'a picture')
  await put('storyboard.jpg', 'pictures')
  await put('storyboard.vtt', 'WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nstoryboard.jpg#xywh=0,0,160,90\n')
  await hub.sql.begin(async sql => {
    await replaceSegments(sql, { videoId, runId, segments })
    await runs.recordTranscriptStatus(sql, {
      videoId,
      runId,
      status: 'ready',
      language: 'vi',
      source: 'recognised',
    })
    await runs.recordProducts(sql, {
      videoId,
      runId,
      durationSeconds: 12,
      thumbnailUrl: bucketUrl(`${folder}thumbnail.jpg`),
      playbackUrl: bucketUrl(`${folder}hls/master.m3u8`),
      metadata: { width: 640, height: 360, storyboardUrl: bucketUrl(`${folder}storyboard.vtt`) },
    })
    await runs.completeRun(sql, { videoId, runId })
  })
  return { videoId, runId, key }
}

describe('A processed video', () => {
  it('has links that open without headers, and its summary and transcript status beside it', async () => {
    const { videoId } = await processedVideo()
    const summary = {
      videoId,
      overview: 'Một.',
      keyPoints: ['a'],
      timestamps: [{ time: '00:01', content: 'b' }],
      language: 'vi',
      modelUsed: 'x',
    }
    await saveSummary(hub.sql, { ...summary, requestedLanguage: 'vi' })
    const { body } = await get(`/videos/${videoId}`)
    expect(body).toMatchObject({
      aiSummary: summary,
      narrations: [],
      transcript: { status: 'ready', language: 'vi', source: 'recognised' },
    })
    expect(body.video).toMatchObject({
      status: 'processed',
      stage: 'done',
      processingProgress: 100,
      duration: 12,
      metadata: { width: 640 },
    })
    const open = async (url: string) => (await fetch(url)).text()
    expect(await open(body.video.thumbnailUrl)).toBe('a picture')
    expect((await open(body.video.fileUrl)).length).toBe(64)
  })

  it('is played from its address alone: token, playlists, byte ranges', async () => {
    const { videoId } = await processedVideo()
    const { playbackUrl } = (await get(`/videos/${videoId}`)).body.video
    expect(playbackUrl).toMatch(/^http:\/\/hub\.test\/api\/videos\/.+\/playback\/master\.m3u8\?token=/)
    const path = (url: string) => url.replace('http://hub.test/api', '')
    const first = await hub.call('GET', path(playbackUrl))
    expect(first.headers).toMatchObject({ 'content-type': 'application/vnd.apple.mpegurl' })
    const { variants } = HLS.parse(first.text) as HLS.types.MasterPlaylist
    const second = await hub.call('GET', path(new URL(variants[0]!.uri, playbackUrl).href), {
      headers: { 'Accept-Encoding': 'gzip, br' },
    })
    expect(second.headers['content-encoding']).toBe('gzip')
    const { segments } = HLS.parse(gunzipSync(second.bytes).toString()) as HLS.types.MediaPlaylist
    expect(new Set(segments.map(segment => segment.uri)).size).toBe(1)
    const { offset, length } = segments[1]!.byterange!
    const range = await fetch(segments[1]!.uri, {
      headers: { Range: `bytes=${offset}-${offset + length - 1}` },
    })
    expect([range.status, await range.text()]).toEqual([206, 'efgh'])
  })

  it('has playlists that say on what they depend, so that no cache hands one client what it kept for another', async () => {
    const { videoId } = await processedVideo()
    const { playbackUrl } = (await get(`/videos/${videoId}`)).body.video
    const vary = async (headers?: Record<string, string>) =>
      (await hub.call('GET', playbackUrl.replace('http://hub.test/api', ''), { ...(headers && { headers }) }))
        .headers.vary
    expect([await vary(), await vary({ 'Accept-Encoding': 'gzip' })]).toEqual([
      'Accept-Encoding, Origin',
      'Accept-Encoding, Origin',
    ])
    expect((await get(`/videos/${videoId}`)).headers.vary).toBe('Origin')
  })

  it('has a storyboard whose every tile is a link to the picture', async () => {
    const { videoId } = await processedVideo()
    const { storyboardUrl } = (await get(`/videos/${videoId}`)).body.video.metadata
    const { text, headers } = await hub.call('GET', storyboardUrl.replace('http://hub.test/api', ''))
    expect(headers).toMatchObject({ 'content-type': 'text/vtt; charset=utf-8' })
    const tile = new URL(text.split('\n')[3]!)
    expect(tile.hash).toBe('#xywh=0,0,160,90')
    expect(await (await fetch(tile)).text()).toBe('pictures')
  })

  it('of five hours still has playlists that fit an answer', async () => {
    const { videoId } = await processedVideo('Long', { segmentCount: 4500 })
    const { playbackUrl } = (await get(`/videos/${videoId}`)).body.video
    const answer = await hub.call(
      'GET',
      playbackUrl.replace('http://hub.test/api', '').replace('master.m3u8', 'master_360p.m3u8'),
    )
    expect(answer.status).toBe(200)
    expect((answer.bytes.length * 4) / 3).toBeLessThan(6_000_000)
  })

  it('opens its playlists for its own token only, and no others than its own', async () => {
    const [one, other] = [await processedVideo(), await processedVideo()]
    const tokenOf = async (videoId: string) =>
      new URL((await get(`/videos/${videoId}`)).body.video.playbackUrl).searchParams.get('token')
    const play = async (videoId: string, playlist: string, token: string | null) =>
      (await hub.call('GET', `/videos/${videoId}/playback/${playlist}?token=${token}`)).body.code
    const token = await tokenOf(one.videoId)
    expect(await play(other.videoId, 'master.m3u8', token)).toBe('playback.link_invalid')
    expect(await play(one.videoId, 'master.m3u8', user.token)).toBe('playback.link_invalid')
    expect(await play(one.videoId, 'master_720p.m3u8', token)).toBe('video.playlist_not_found')
    expect(await play(one.videoId, '..%2fmaster.m3u8', token)).toBe('request.invalid')
    expect((await get(`/videos/${one.videoId}`, { token: token! })).body.code).toBe('auth.token_invalid')
  })
})

describe('A transcript', () => {
  it('comes as JSON in seconds, as WebVTT and as SRT', async () => {
    const { videoId } = await processedVideo()
    const path = `/videos/${videoId}/transcript`
    expect((await get(path)).body).toEqual({
      segments: [
        {
          id: 0,
          startTime: 0,
          endTime: 2.5,
          text: 'Xin chào & <b>tạm biệt</b>',
          confidence: expect.closeTo(0.92),
        },
        { id: 1, startTime: 2.5, endTime: 4, text: 'Giáo dục', confidence: null },
      ],
    })
    const vtt = await get(path, { headers: { Accept: 'text/vtt' } })
    expect(vtt.headers).toMatchObject({
      'content-type': 'text/vtt; charset=utf-8',
      vary: 'Accept, Accept-Encoding, Origin',
      'cache-control': 'no-store',
    })
    expect(vtt.text).toContain('00:00:00.000 --> 00:00:02.500\nXin chào &amp; &lt;b&gt;tạm biệt&lt;/b&gt;\n')
    expect((await get(`${path}?format=srt`)).text).toContain('2\n00:00:02,500 --> 00:00:04,000\nGiáo dục\n')
    expect((await get(path, { headers: { Accept: 'image/png' } })).status).toBe(406)
  })

  it('of four million letters fits an answer in every format', async () => {
    const { videoId, runId } = await runningVideo()
    const text = (index: number) => createHash('sha512').update(String(index)).digest('base64')
    const huge = Array.from({ length: 45_000 }, (_, i) => ({
      startMs: i * 400,
      endMs: i * 400 + 399,
      text: text(i),
      confidence: null,
    }))
    await hub.sql.begin(sql => replaceSegments(sql, { videoId, runId, segments: huge }))
    await runs.recordTranscriptStatus(hub.sql, { videoId, runId, status: 'ready', source: 'embedded' })
    for (const format of ['json', 'vtt', 'srt']) {
      const answer = await get(`/videos/${videoId}/transcript?format=${format}`)
      expect(answer.headers).toMatchObject({
        'content-encoding': 'gzip',
        vary: 'Accept, Accept-Encoding, Origin',
      })
      expect((answer.bytes.length * 4) / 3).toBeLessThan(6 * 1024 ** 2)
      expect(answer.text).toContain(text(44_999))
    }
  })

  it('that is not there yet, or will never be, says which', async () => {
    const { videoId, runId } = await runningVideo()
    expect((await get(`/videos/${videoId}/transcript`)).body).toMatchObject({
      status: 409,
      code: 'video.not_ready',
    })
    await runs.recordTranscriptStatus(hub.sql, { videoId, runId, status: 'none', reason: 'no_speech' })
    expect((await get(`/videos/${videoId}/transcript`)).body).toMatchObject({
      status: 404,
      code: 'transcript.not_found',
      reason: 'no_speech',
    })
  })
})

describe('The list of videos', () => {
  it('is paged, sorted and searched without accents', async () => {
    const add = (title: string) => addVideo(hub.sql, { userId: user.userId, title })
    for (const title of ['Giáo dục đại học', 'Ẩm thực', 'Bóng đá 100%']) await add(title)
    const titles = async (query: string) =>
      (await get(`/videos?${query}`)).body.videos.map((video: { title: string }) => video.title)
    expect(await titles('search=giao+duc')).toEqual(['Giáo dục đại học'])
    expect(await titles('search=100%25')).toEqual(['Bóng đá 100%'])
    expect(await titles('sortBy=title&sortOrder=asc')).toEqual([
      'Ẩm thực',
      'Bóng đá 100%',
      'Giáo dục đại học',
    ])
    expect((await get('/videos?limit=2&page=2')).body).toMatchObject({
      videos: [{ title: 'Giáo dục đại học' }],
      pagination: { page: 2, limit: 2, total: 3, totalPages: 2 },
    })
    expect((await get('/videos?limit=0&sortBy=size')).body.errors).toHaveLength(2)
  })
})

describe('A change of title', () => {
  it('answers the video and leaves the rest alone', async () => {
    const { id } = await addVideo(hub.sql, { userId: user.userId, title: 'Old', description: 'Same' })
    const answer = await hub.call('PUT', `/videos/${id}`, { token: user.token, body: { title: 'New' } })
    expect(answer.body.video).toMatchObject({ title: 'New', description: 'Same' })
    expect(await hub.eventsOf(user.userId)).toEqual([
      { type: 'user_activity', action: 'video_updated', videoId: id },
    ])
  })
})

describe('A failed video', () => {
  it('runs again from its file, under the next attempt', async () => {
    const { videoId, runId } = await runningVideo()
    const retry = () => hub.call('POST', `/videos/${videoId}/retry`, { token: user.token })
    expect((await retry()).body.code).toBe('video.not_failed')
    await runs.markRunFailed(hub.sql, {
      videoId,
      runId,
      failure: { code: 'media.timed_out', message: 'Too long.', retryable: true },
    })
    const { status, body } = await retry()
    expect(status).toBe(202)
    expect(body.video).toMatchObject({ status: 'processing', stage: 'queued', processingProgress: 0 })
    expect(body.video.metadata.error).toBeUndefined()
    expect((await hub.runsOf(videoId)).map(run => run.name)).toEqual([runId, runId.replace(/-1$/, '-2')])
    expect((await retry()).body.code).toBe('video.not_failed')
  })

  it('whose file is gone cannot run again, and links to nothing', async () => {
    const { videoId, runId } = await runningVideo()
    await runs.markRunFailed(hub.sql, {
      videoId,
      runId,
      failure: { code: 'media.not_a_video', message: 'No video.', retryable: false },
    })
    expect((await hub.call('POST', `/videos/${videoId}/retry`, { token: user.token })).body.code).toBe(
      'video.source_missing',
    )
    expect((await get(`/videos/${videoId}`)).body.video).toMatchObject({
      fileUrl: null,
      thumbnailUrl: null,
      playbackUrl: null,
    })
  })
})

describe('A deleted video', () => {
  it('is gone with its run, its conversion and all its files; deleting again finds nothing', async () => {
    const { videoId, runId, key } = await runningVideo()
    const other = await processedVideo()
    await runs.recordProducts(hub.sql, { videoId, runId, transcodeJobId: '1732-abc' })
    await hub.storage.put(`media/${videoId}/${runId}/audio.flac`, 'sound', { contentType: 'audio/flac' })
    const remove = () => hub.call('DELETE', `/videos/${videoId}`, { token: user.token })
    expect((await remove()).status).toBe(204)
    await hub.settle()
    expect(await hub.storage.list(`media/${videoId}/`)).toEqual([])
    expect(await hub.storage.head(key)).toBeUndefined()
    expect(await hub.storage.head(other.key)).toBeDefined()
    expect(hub.cancelledTranscodings).toContain('1732-abc')
    expect((await hub.runsOf(videoId))[0]!.status).toBe('ABORTED')
    expect((await hub.eventsOf(user.userId)).at(-1)).toEqual({
      type: 'user_activity',
      action: 'video_deleted',
      videoId,
    })
    expect((await remove()).body.code).toBe('video.not_found')
  })

  it('leaves no files behind when its id was written in capitals', async () => {
    const { videoId, key } = await processedVideo()
    expect((await hub.call('DELETE', `/videos/${videoId.toUpperCase()}`, { token: user.token })).status).toBe(
      204,
    )
    await hub.settle()
    expect(await hub.storage.head(key)).toBeUndefined()
    expect(await hub.storage.list(`media/${videoId}/`)).toEqual([])
  })
})

describe('Somebody else’s video', () => {
  it('is not there, on any route', async () => {
    const { videoId } = await processedVideo()
    const { token } = await hub.signUp()
    const calls = [
      ['GET', ''],
      ['PUT', ''],
      ['DELETE', ''],
      ['POST', '/retry'],
      ['GET', '/transcript'],
    ] as const
    for (const [method, path] of calls) {
      const answer = await hub.call(method, `/videos/${videoId}${path}`, {
        token,
        ...(method === 'PUT' && { body: { title: 'Mine' } }),
      })
      expect(answer.body).toMatchObject({ status: 404, code: 'video.not_found' })
    }
    expect((await get('/videos', { token })).body.videos).toEqual([])
  })
})
