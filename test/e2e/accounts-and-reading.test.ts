import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../shared/contract/index.ts'
import { Health } from '../../shared/contract/system.ts'
import { videoWithSubtitles } from '../support/fixtures.ts'
import { ask, type HubUser, sharedHub, signUp } from '../support/hub.ts'
import { type Hub, startHub } from '../support/hub-stack.ts'
import { viewAsOperator } from '../support/operator-view.ts'

const withoutRedis = async () => {
  const hub = await startHub({ REDIS_URL: 'none' })
  return { hub, close: hub.close }
}
const withWhatThisMachineHas = async () => ({ hub: sharedHub(), close: async () => {} })

describe.each([
  ['with the Redis of this machine, if it has one', withWhatThisMachineHas],
  ['without Redis', withoutRedis],
] as const)('%s', (_, open) => {
  let hub: Hub
  let close: () => Promise<void>
  let user: HubUser
  let operator: ReturnType<typeof viewAsOperator>
  let film: Awaited<ReturnType<HubUser['take']>>
  beforeAll(async () => {
    ;({ hub, close } = await open())
    operator = viewAsOperator(hub)
    user = await signUp(hub)
    const subtitled = await videoWithSubtitles()
    film = await user.take(subtitled, { title: 'Bài giảng về giáo dục' })
    await user.call('POST', '/videos/upload', {
      title: 'Ẩm thực',
      fileName: 'a.mp4',
      contentType: 'video/mp4',
      sizeBytes: 1000,
    })
  })
  afterAll(async () => {
    await operator?.close()
    await close?.()
  })

  const asNobody = (method: string, path: string, request: Parameters<typeof ask>[2] = {}) =>
    ask(method, path, { ...request, hub })

  describe('a person', () => {
    it('signs in, renews the session and leaves it at once', async () => {
      const { email, password } = user
      const signedIn = await asNobody('POST', '/auth/login', {
        body: { email: email.toUpperCase(), password },
      })
      expect(signedIn).toMatchObject({ status: 200, body: { user: { id: user.user.id, email } } })
      const { token, refreshToken } = (await asNobody('POST', '/auth/refresh', { body: signedIn.body })).body
      expect(refreshToken).not.toBe(signedIn.body.refreshToken)
      expect((await asNobody('GET', '/users/me', { token })).body).toEqual({ user: signedIn.body.user })
      // A client that did not get the answer asks again and is not thrown out.
      expect((await asNobody('POST', '/auth/refresh', { body: signedIn.body })).body.refreshToken).toBe(
        refreshToken,
      )

      expect((await asNobody('POST', '/auth/logout', { token })).status).toBe(204)
      for (const left of [token, signedIn.body.token])
        expect((await asNobody('GET', '/users/me', { token: left })).status).toBe(401)
      expect((await asNobody('POST', '/auth/refresh', { body: { refreshToken } })).status).toBe(401)
      expect((await asNobody('GET', '/users/me', { token: user.token })).status).toBe(200)
    })

    it('is refused with a wrong password, and an address is registered once', async () => {
      const { email, password } = user
      const wrong = await asNobody('POST', '/auth/login', { body: { email, password: 'mua thu Hà Nội' } })
      expect(wrong.body).toMatchObject({ status: 401, code: 'auth.invalid_credentials' })
      const again = await asNobody('POST', '/auth/register', { body: { email, password, fullName: 'Again' } })
      expect(again.body).toMatchObject({ status: 409, code: 'auth.email_taken' })
    })
  })

  describe('videos', () => {
    const list = async (query: string) => (await user.ask('GET', `/videos?${query}`)).body
    const titles = async (query: string) =>
      (await list(query)).videos.map((video: { title: string }) => video.title)

    it('are listed, sorted, and found without accents', async () => {
      expect(await titles('search=giao%20duc')).toEqual([film.video.title])
      expect(await titles('search=AM+THUC')).toEqual(['Ẩm thực'])
      expect(await titles('status=processed')).toEqual([film.video.title])
      expect(await titles('sortBy=title&sortOrder=asc')).toEqual(['Ẩm thực', film.video.title])
      expect((await list('limit=1&page=2')).pagination).toEqual({
        page: 2,
        limit: 1,
        total: 2,
        totalPages: 2,
      })
      expect((await user.ask('GET', '/videos?page=0')).status).toBe(400)
    })

    it('are read with summary, narrations and the state of the transcript', async () => {
      expect(film).toMatchObject({
        video: {
          status: 'processed',
          userId: user.user.id,
          duration: 8,
          metadata: { width: 640, height: 360, videoCodec: 'h264' },
        },
        aiSummary: { videoId: film.video.id, language: 'vi', keyPoints: expect.any(Array) },
        narrations: [],
        transcript: { status: 'ready', language: 'vi', source: 'embedded' },
      })
      const asked = await user.ask('POST', `/ai/summarize/${film.video.id}`, { body: { language: 'vi' } })
      expect(asked).toMatchObject({ status: 200, body: { summary: film.aiSummary } })
    })

    it('are renamed and deleted', async () => {
      const { id, updatedAt } = film.video
      const changed = await user.ask('PUT', `/videos/${id}`, {
        body: { title: 'Đổi tên', description: 'Mới' },
      })
      expect(changed).toMatchObject({
        status: 200,
        body: { video: { id, title: 'Đổi tên', description: 'Mới', status: 'processed' } },
      })
      expect(Date.parse(changed.body.video.updatedAt)).toBeGreaterThan(Date.parse(updatedAt))
      expect((await user.videoOf(id)).video.title).toBe('Đổi tên')

      expect((await user.ask('DELETE', `/videos/${id}`)).status).toBe(204)
      expect((await user.ask('GET', `/videos/${id}`)).body.code).toBe('video.not_found')
      expect(await titles('')).toEqual(['Ẩm thực'])
      expect((await fetch(film.video.playbackUrl!)).status).toBe(404)
      for (const prefix of [`users/${user.user.id}/videos/${id}/`, `media/${id}/`])
        await expect.poll(() => operator.keysBelow(prefix)).toEqual([])
      expect((await fetch(film.video.thumbnailUrl!)).status).toBe(404)
    })
  })

  describe('the hub', () => {
    it('measures its health', async () => {
      const { status, body } = await asNobody('GET', '/health')
      expect(status).toBe(200)
      expect(Health.parse(body)).toEqual(body)
      expect(body).toMatchObject({
        status: 'healthy',
        services: { database: 'up', redis: hub.redisUrl ? 'up' : 'down', storage: 'up', ai_services: 'up' },
      })
      expect(body.metrics.activeUsers).toBeGreaterThan(0)
      expect(body.metrics.memoryUsage).toBeGreaterThan(1)
    })

    it('serves its own description', async () => {
      const page = await asNobody('GET', '/docs')
      expect(page.headers.get('content-type')).toContain('text/html')
      const { body } = await asNobody('GET', '/openapi.json')
      const described = Object.entries<object>(body.paths).flatMap(([path, methods]) =>
        Object.keys(methods).map(verb => `${verb} ${path}`),
      )
      const paths = Object.values(routes).map(({ method, path }) => `${method.toLowerCase()} ${path}`)
      expect(described.map(entry => entry.replace(' /api/', ' /')).sort()).toEqual(paths.sort())
      expect((await asNobody('GET', '/nothing')).body).toMatchObject({ status: 404, code: 'route.not_found' })
    })
  })
})
