import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../shared/contract/index.ts'
import { hasBrowser, startBrowser } from '../support/browser.ts'
import { speechVideo } from '../support/fixtures.ts'
import { serveFrontend } from '../support/frontend.ts'
import { type HubUser, sharedHub, signUp } from '../support/hub.ts'

// biome-ignore lint/suspicious/noExplicitAny: these run in the page, where test/support/frontend/frontend.js is
declare const frontend: any

// A developer may lack a browser; in CI the stories would vanish without a word.
describe.runIf(hasBrowser || process.env.CI)('In a browser', () => {
  let browser: Awaited<ReturnType<typeof startBrowser>>
  let user: HubUser
  let own: Awaited<ReturnType<typeof serveFrontend>>
  let foreign: typeof own
  beforeAll(async () => {
    browser = await startBrowser()
    user = await signUp()
    own = await serveFrontend(Number(new URL(sharedHub().pageOrigin).port), {
      '/film.mp4': await speechVideo(),
    })
    foreign = await serveFrontend(0)
  })
  afterAll(async () => {
    await browser?.close()
    own?.close()
    foreign?.close()
  })

  const open = (address: string) => browser.open(address)
  const openFrontend = async (origin: string) => {
    const { restUrl, webSocketUrl } = sharedHub()
    const opened = await open(origin)
    await opened.page.evaluate(hub => frontend.use(hub), { restUrl, webSocketUrl })
    return opened
  }
  const account = () => ({ email: user.email, password: user.password })

  it('a page of the allowed origin signs in, uploads straight to the bucket, follows the progress and plays the video', async () => {
    const { page, complaints } = await openFrontend(own.origin)
    expect(await page.evaluate(({ email, password }) => frontend.logIn(email, password), account())).toBe(
      user.user.id,
    )
    const { videoId, status } = await page.evaluate(() => frontend.upload('/film.mp4', 'From a browser'))
    expect(status).toBe('completed')

    const seen = await page.evaluate(id => frontend.play(id), videoId)
    expect(seen).toMatchObject({ videoWidth: 640, videoHeight: 360 })
    expect(seen.currentTime).toBeGreaterThan(2)
    expect(seen.totalVideoFrames).toBeGreaterThan(20)
    expect(seen.duration).toBeCloseTo(7.08, 0)

    const { thumbnailUrl } = (await user.videoOf(videoId)).video
    expect(await page.evaluate(address => frontend.showImage(address), thumbnailUrl!)).toMatch(
      /^\d{3,}x\d{3,}$/,
    )
    await expect(page.evaluate(() => frontend.logIn('nobody@example.com', 'wrong-password'))).rejects.toThrow(
      'auth.invalid_credentials',
    )
    expect(complaints.filter(text => !text.includes('401'))).toEqual([])
    await page.close()
  })

  it('a page of any other origin reads nothing', async () => {
    const { page, complaints } = await openFrontend(foreign.origin)
    await expect(
      page.evaluate(({ email, password }) => frontend.logIn(email, password), account()),
    ).rejects.toThrow('Failed to fetch')
    expect(complaints.join()).toContain('blocked by CORS policy')

    const read = (address: string) =>
      page.evaluate(async url => fetch(url).then(answer => answer.status, String), address)
    const { video } = await user.upload(await speechVideo(), { title: 'Not theirs' })
    await user.until(video.id, ({ stage }) => stage === 'queued')
    const { fileUrl } = (await user.videoOf(video.id)).video
    expect((await fetch(fileUrl!)).status).toBe(200)
    for (const address of [`${sharedHub().restUrl}/health`, fileUrl!])
      expect(await read(address)).toContain('Failed to fetch')

    const { ticket } = await user.call<{ ticket: string }>('POST', '/ws/ticket')
    const socket = (address: string) =>
      page.evaluate(
        url =>
          new Promise(answer => {
            const socket = new WebSocket(url)
            socket.onopen = () => answer('open')
            socket.onerror = () => answer('refused')
          }),
        address,
      )
    expect(await socket(`${sharedHub().webSocketUrl}?token=${ticket}`)).toBe('refused')
    await user.call('DELETE', `/videos/${video.id}`)
    await page.close()
  })

  it('the watch page plays a video with its captions and storyboard, from its address alone', async () => {
    const { restUrl } = sharedHub()
    const { video } = await user.take(await speechVideo(), { title: '<b>Watched</b>', language: 'en' })
    const token = new URL(video.playbackUrl!).searchParams.get('token')
    const { page, complaints } = await open('about:blank')
    await page.goto(`${restUrl}/watch#${video.id}.${token}`)
    await page.evaluate("void document.querySelector('video').play()")
    const cues = () => page.evaluate<number>("document.getElementById('captions').track.cues?.length ?? 0")
    await expect.poll(cues).toBeGreaterThan(0)
    await expect
      .poll(() => page.evaluate<number>("document.querySelector('video').currentTime"))
      .toBeGreaterThan(1)
    const seek = page.locator('#seek')
    await expect
      .poll(async () => {
        await seek.hover({ position: { x: 200, y: 5 } })
        return page.locator('#tile').getAttribute('style')
      })
      .toContain('storyboard.jpg')
    expect(complaints).toEqual([])
    await page.goto('about:blank')
    await page.goto(`${restUrl}/watch#${video.id}.old`)
    await expect.poll(() => page.locator('#message').textContent()).toContain('Load the video again')
    await page.close()
  })

  it('the documentation shows every operation, from this hub alone', async () => {
    const { restUrl } = sharedHub()
    const { page, complaints } = await open('about:blank')
    const asked: string[] = []
    page.on('request', request => asked.push(request.url()))
    await page.goto(`${restUrl}/docs`)
    await page.locator('.opblock').first().waitFor()
    expect(await page.locator('.opblock').count()).toBe(Object.keys(routes).length)
    expect(await page.locator('.info .title').textContent()).toContain('AI Video Hub')
    expect(asked.filter(url => !url.startsWith(`${restUrl}/`) && !url.startsWith('data:'))).toEqual([])
    expect(complaints).toEqual([])
    await page.close()
  })
})
