import { randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../shared/contract/index.ts'
import { signPlaybackToken } from '../../shared/domain/auth/playback-token.ts'
import { signAccessToken } from '../../shared/domain/auth/tokens.ts'
import { videoWithSubtitles } from '../support/fixtures.ts'
import { ask, type HubUser, sharedHub, signUp } from '../support/hub.ts'

/**
 * A route that names something of one user: the parameter that does, what it names, what to send,
 * and what its owner is answered.
 */
type Owned = { parameter: 'id' | 'videoId'; names: 'video' | 'upload' | 'job'; body?: unknown; owner: number }
/**
 * 'public': answers everybody alike. 'own': names nothing, so it must be about the caller alone.
 */
type Row = 'public' | 'own' | Owned

const video = { parameter: 'id', names: 'video' } as const
const upload = { parameter: 'videoId', names: 'upload' } as const
const table: Record<string, Row> = {
  register: 'public',
  login: 'public',
  refresh: 'public',
  getHealth: 'public',
  getOpenApi: 'public',
  getDocs: 'public',
  getDocsAsset: 'public',
  getWatchPage: 'public',
  getWatchAsset: 'public',
  logout: 'own',
  getMe: 'own',
  listVideos: 'own',
  listEvents: 'own',
  createTicket: 'own',
  uploadVideo: 'own',
  getVideo: { ...video, owner: 200 },
  updateVideo: { ...video, body: { title: 'Taken over' }, owner: 200 },
  retryVideo: { ...video, owner: 409 },
  getTranscript: { ...video, owner: 200 },
  getPlaylist: { ...video, owner: 200 },
  summarize: { parameter: 'videoId', names: 'video', body: {}, owner: 200 },
  getJob: { parameter: 'id', names: 'job', owner: 200 },
  signParts: { ...upload, body: { partNumbers: [1] }, owner: 200 },
  listParts: { ...upload, owner: 200 },
  completeUpload: { ...upload, owner: 409 },
  abortUpload: { ...upload, owner: 204 },
  deleteVideo: { ...video, owner: 204 },
}

it('Every route of the contract has its row here', () => {
  expect(Object.keys(table).sort()).toEqual(Object.keys(routes).sort())
  for (const [id, { path, auth }] of Object.entries(routes)) {
    const row = table[id]!
    expect(typeof row === 'object', id).toBe(/\{(id|videoId)\}/.test(path))
    expect(row === 'public', id).toBe(auth === 'none')
  }
})

let owner: HubUser
let stranger: HubUser
const ids = { video: '', upload: '', job: '' }
let tokens: { expired: string; forged: string; fresh: string }
beforeAll(async () => {
  ;[owner, stranger] = await Promise.all([signUp(), signUp()])
  const pending = {
    title: 'In parts',
    fileName: 'a.mp4',
    contentType: 'video/mp4',
    sizeBytes: 200 * 1024 ** 2,
  }
  ids.upload = (await owner.call<{ video: { id: string } }>('POST', '/videos/upload', pending)).video.id
  const taken = await owner.take(await videoWithSubtitles('mkv'), { title: 'Mine' })
  Object.assign(ids, { video: taken.video.id, job: taken.jobId })

  const { jwtSecret } = sharedHub()
  const { sid } = decodeJwt(owner.token)
  const sign = (secret: string, hoursAgo: number) =>
    signAccessToken(
      { jwtSecret: secret, refreshSecret: '', accessSeconds: 3600, refreshSeconds: 0 },
      {
        user: { userId: owner.user.id, email: owner.email, subscriptionType: 'free' },
        sessionId: String(sid),
        tokenId: randomUUID(),
        now: new Date(Date.now() - hoursAgo * 3_600_000),
      },
    )
  tokens = {
    fresh: await sign(jwtSecret, 0),
    expired: await sign(jwtSecret, 2),
    forged: await sign('another-secret-of-the-same-length', 0),
  }
})

const send = async (
  operation: string,
  { token, id, playback }: { token?: string; id?: string; playback?: string } = {},
) => {
  const { method, path, body: schema } = routes[operation]!
  const row = table[operation] as Owned
  const address = path.replace(/\{(id|videoId)\}/, id ?? ids[row.names]).replace('{playlist}', 'master.m3u8')
  const query = operation === 'getPlaylist' ? `?token=${playback}` : ''
  return ask(method, `${address}${query}`, {
    ...(token && { token }),
    ...(schema && { body: row.body ?? {} }),
  })
}

const badTokens = async (request: (token?: string) => ReturnType<typeof ask>) => {
  expect((await request()).body).toMatchObject({ status: 401, code: 'auth.token_missing' })
  expect((await request(tokens.expired)).body).toMatchObject({ status: 401, code: 'auth.token_expired' })
  for (const token of [tokens.forged, 'a.b.c', 'rubbish'])
    expect((await request(token)).body).toMatchObject({ status: 401, code: 'auth.token_invalid' })
}

const owned = Object.keys(table).filter(id => typeof table[id] === 'object')

describe.each(owned.filter(id => routes[id]!.auth === 'user'))('%s', operation => {
  it('is nothing to a stranger, who cannot tell it from what does not exist', async () => {
    const refused = await send(operation, { token: stranger.token })
    expect(refused.status).toBe(404)
    const unknown = await send(operation, { token: stranger.token, id: randomUUID() })
    const { code, title, detail } = unknown.body
    expect(refused.body).toMatchObject({ status: 404, code, title, detail })
  })

  it('asks for a good token and an id', async () => {
    await badTokens(token => send(operation, { ...(token && { token }) }))
    for (const id of ['1', 'not-a-uuid', `${randomUUID()}0`, "'%20OR%201=1"])
      expect((await send(operation, { token: owner.token, id })).body).toMatchObject({
        status: 400,
        code: 'request.invalid',
      })
  })
})

describe('getPlaylist', () => {
  const playback = (userId: string, videoId: string, now = new Date()) =>
    signPlaybackToken(sharedHub().jwtSecret, { userId, videoId, tokenId: randomUUID(), now })
  const refusal = async (token: string, id = ids.video) =>
    (await send('getPlaylist', { playback: token, id })).body

  it('plays a video by its owner’s playback token alone', async () => {
    expect(await refusal(await playback(stranger.user.id, ids.video))).toMatchObject({
      status: 404,
      code: 'video.not_found',
    })
    expect(await refusal(await playback(owner.user.id, ids.upload))).toMatchObject({
      status: 401,
      code: 'playback.link_invalid',
    })
    const yesterday = new Date(Date.now() - 24 * 3_600_000)
    expect(await refusal(await playback(owner.user.id, ids.video, yesterday))).toMatchObject({
      status: 401,
      code: 'playback.link_expired',
    })
    for (const token of [owner.token, stranger.token, 'a.b.c'])
      expect((await refusal(token)).status).toBe(401)
    expect((await refusal('')).status).toBe(400)
    expect((await refusal(await playback(owner.user.id, ids.video), 'not-a-uuid')).status).toBe(400)
  })
})

describe('What names nothing', () => {
  it.each(Object.keys(table).filter(id => table[id] === 'own'))('%s asks for a good token', operation =>
    badTokens(token => send(operation, { ...(token && { token }) })),
  )

  it('is about the caller alone', async () => {
    expect((await stranger.ask('GET', '/users/me')).body.user.id).toBe(stranger.user.id)
    expect((await stranger.ask('GET', '/videos')).body).toMatchObject({
      videos: [],
      pagination: { total: 0 },
    })
    expect((await stranger.ask('GET', '/events')).body).toEqual({ events: [], lastSeq: 0 })
    expect(stranger.events).toEqual([])
  })
})

// Last, because it ends the things that the others ask for: it proves that their requests were good
// ones.
describe('The owner', () => {
  it('finds everything untouched', async () => {
    expect((await ask('GET', `/videos/${ids.video}`, { token: tokens.fresh })).body.video).toMatchObject({
      title: 'Mine',
      status: 'processed',
    })
    expect((await owner.ask('GET', `/uploads/${ids.upload}/parts`)).body.parts).toEqual([])
  })

  it.each(owned.map(id => [id, (table[id] as Owned).owner] as const))(
    '%s: is answered %i',
    async (operation, status) => {
      const { playbackUrl } = (await owner.videoOf(ids.video)).video
      const playback = new URL(playbackUrl!).searchParams.get('token')!
      expect((await send(operation, { token: owner.token, playback })).status).toBe(status)
    },
  )
})
