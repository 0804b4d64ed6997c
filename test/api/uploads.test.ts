import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type MediaHub, startMediaHub } from '../support/media-hub.ts'

const MIB = 1024 ** 2
let hub: MediaHub
let user: { userId: string; token: string }
beforeAll(async () => {
  hub = await startMediaHub()
})
afterAll(() => hub.close())
beforeEach(async () => {
  user = await hub.signUp()
})

const film = { title: 'Bài giảng', fileName: 'bai-giang.mp4', contentType: 'video/mp4', sizeBytes: 5000 }
const start = (body: object = film, headers: Record<string, string> = {}, token = user.token) =>
  hub.call('POST', '/videos/upload', { token, body, headers })

const postFile = (
  { url, fields }: { url: string; fields: Record<string, string> },
  bytes: Uint8Array<ArrayBuffer>,
) => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', new Blob([bytes]))
  return fetch(url, { method: 'POST', body: form })
}
const videoOf = async (videoId: string) =>
  (await hub.call('GET', `/videos/${videoId}`, { token: user.token })).body.video

describe('A small file', () => {
  it('goes straight to the bucket, and its arrival starts one run, however often S3 tells of it', async () => {
    const { status, body } = await start()
    expect(status).toBe(201)
    expect(body).toMatchObject({ jobId: expect.any(String), upload: { kind: 'post' } })
    expect(body.video).toMatchObject({
      title: 'Bài giảng',
      status: 'processing',
      stage: 'uploading',
      fileUrl: null,
      userId: user.userId,
    })

    expect((await postFile(body.upload, new Uint8Array(5000))).status).toBe(204)
    const events = await hub.takeEvents()
    await hub.deliver(...events, ...events)
    await hub.deliver(...events)

    expect(await videoOf(body.video.id)).toMatchObject({
      status: 'processing',
      stage: 'queued',
      fileSize: 5000,
    })
    expect(await hub.runsOf(body.video.id)).toEqual([
      { name: expect.stringMatching(/-1$/), status: 'RUNNING' },
    ])
    const { fileUrl } = await videoOf(body.video.id)
    expect((await (await fetch(fileUrl)).arrayBuffer()).byteLength).toBe(5000)
    expect((await hub.eventsOf(user.userId)).map(event => event.stage)).toEqual(['uploading', 'queued'])
  })

  it('is refused by the bucket when it has a byte more or less than announced', async () => {
    const { body } = await start()
    for (const sizeBytes of [4999, 5001])
      expect((await postFile(body.upload, new Uint8Array(sizeBytes))).status).toBe(400)
    expect(
      (
        await postFile(
          { ...body.upload, fields: { ...body.upload.fields, 'Content-Type': 'text/html' } },
          new Uint8Array(5000),
        )
      ).status,
    ).toBe(403)
  })

  it('that is sent once more with other bytes is removed: nobody gets what nobody inspected', async () => {
    const { body } = await start()
    const key = `users/${user.userId}/videos/${body.video.id}/source.mp4`
    await postFile(body.upload, new Uint8Array(5000))
    await hub.settle()
    await postFile(body.upload, new Uint8Array(5000))
    await hub.settle()
    expect(await videoOf(body.video.id)).toMatchObject({ fileUrl: expect.stringContaining(key) })

    await postFile(body.upload, new Uint8Array(5000).fill(1))
    await hub.settle()
    expect(await videoOf(body.video.id)).toMatchObject({ fileUrl: null })
    expect(await hub.storage.head(key)).toBeUndefined()
    expect(await hub.runsOf(body.video.id)).toHaveLength(1)
  })

  it('that was put in place of the announced one ends as an error, and is removed', async () => {
    const { body } = await start()
    const key = `users/${user.userId}/videos/${body.video.id}/source.mp4`
    await hub.storage.put(key, Buffer.alloc(9), { contentType: 'video/mp4' })
    await hub.settle()
    expect(await videoOf(body.video.id)).toMatchObject({
      status: 'error',
      fileUrl: null,
      metadata: { error: { code: 'media.size_mismatch' } },
    })
    expect(await hub.storage.head(key)).toBeUndefined()
    expect(await hub.runsOf(body.video.id)).toEqual([])
  })

  it('that arrives after its video was given up is removed', async () => {
    const { body } = await start()
    expect((await hub.call('DELETE', `/uploads/${body.video.id}`, { token: user.token })).status).toBe(204)
    expect((await hub.call('GET', `/videos/${body.video.id}`, { token: user.token })).status).toBe(404)
    await postFile(body.upload, new Uint8Array(5000))
    await hub.settle()
    expect(await hub.storage.list(`users/${user.userId}/`)).toEqual([])
  })
})

describe('What is no video', () => {
  it.each(['application/pdf', 'video/ogg', 'constructor'])(
    'is refused by its type: %s',
    async contentType => {
      expect((await start({ ...film, contentType })).body).toMatchObject({
        status: 415,
        title: 'Invalid file type',
        code: 'upload.invalid_type',
      })
    },
  )

  it('is refused by its size above 2 GiB', async () => {
    expect((await start({ ...film, sizeBytes: 2048 * MIB + 1 })).body).toMatchObject({
      status: 413,
      title: 'File too large',
    })
  })

  it.each(['', 'application/octet-stream'])(
    'is taken by its extension when the browser knows no type and says "%s"',
    async contentType => {
      const { body } = await start({ ...film, fileName: 'Phim.MKV', contentType })
      expect(body.upload.fields['Content-Type']).toBe('video/x-matroska')
    },
  )
})

describe('A large file', () => {
  const sizeBytes = 100 * MIB + 7
  const put = (url: string, size: number) => fetch(url, { method: 'PUT', body: new Uint8Array(size) })

  it('goes in parts of exact length, can be resumed, and is put together once', async () => {
    const { body } = await start({ ...film, sizeBytes })
    const { id } = body.video
    expect(body.upload).toEqual({ kind: 'multipart', partSizeBytes: 16 * MIB, partCount: 7 })
    const sign = async (partNumbers: number[]) => {
      const answer = await hub.call('POST', `/uploads/${id}/parts`, {
        token: user.token,
        body: { partNumbers },
      })
      return answer.body.parts as { partNumber: number; url: string }[]
    }
    const lengthOf = (partNumber: number) => (partNumber < 7 ? 16 * MIB : sizeBytes - 6 * 16 * MIB)

    const [last] = await sign([7])
    expect((await put(last!.url, lengthOf(7) + 1)).status).toBe(403)
    for (const { partNumber, url } of await sign([7, 1, 2, 3]))
      expect((await put(url, lengthOf(partNumber))).status).toBe(200)

    const incomplete = await hub.call('POST', `/uploads/${id}/complete`, { token: user.token })
    expect(incomplete.body).toMatchObject({ code: 'upload.incomplete', missing: [4, 5, 6] })
    const arrived = await hub.call('GET', `/uploads/${id}/parts`, { token: user.token })
    expect(arrived.body.parts.map((part: { partNumber: number }) => part.partNumber)).toEqual([1, 2, 3, 7])
    for (const { partNumber, url } of await sign([4, 5, 6])) await put(url, lengthOf(partNumber))

    const complete = () => hub.call('POST', `/uploads/${id}/complete`, { token: user.token })
    const answers = [await complete(), await complete()]
    await hub.settle()
    answers.push(await complete())
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 200, body: { jobId: body.jobId, video: { id } } })
    expect(await hub.runsOf(id)).toHaveLength(1)
    expect((await videoOf(id)).fileSize).toBe(sizeBytes)
    expect((await hub.call('DELETE', `/uploads/${id}`, { token: user.token })).body.code).toBe(
      'upload.already_completed',
    )
  })

  it('that is given up leaves no parts behind', async () => {
    const { body } = await start({ ...film, sizeBytes })
    const { id } = body.video
    const signed = await hub.call('POST', `/uploads/${id}/parts`, {
      token: user.token,
      body: { partNumbers: [1] },
    })
    await hub.call('DELETE', `/uploads/${id}`, { token: user.token })
    expect((await put(signed.body.parts[0].url, 16 * MIB)).status).toBe(404)
    expect((await hub.call('GET', `/uploads/${id}/parts`, { token: user.token })).body.code).toBe(
      'upload.not_found',
    )
  })

  it('whose video is deleted leaves no parts behind either', async () => {
    const { body } = await start({ ...film, sizeBytes })
    const signed = await hub.call('POST', `/uploads/${body.video.id}/parts`, {
      token: user.token,
      body: { partNumbers: [1] },
    })
    await hub.call('DELETE', `/videos/${body.video.id}`, { token: user.token })
    expect((await put(signed.body.parts[0].url, 16 * MIB)).status).toBe(404)
  })

  it('is nobody else’s', async () => {
    const { body } = await start({ ...film, sizeBytes })
    const stranger = await hub.signUp()
    for (const [method, path] of [
      ['POST', '/parts'],
      ['GET', '/parts'],
      ['POST', '/complete'],
      ['DELETE', ''],
    ] as const) {
      const answer = await hub.call(method, `/uploads/${body.video.id}${path}`, {
        token: stranger.token,
        body: { partNumbers: [1] },
      })
      expect(answer.body.code).toBe('upload.not_found')
    }
  })
})

describe('An upload whose time is up', () => {
  const passTime = () => hub.sql`UPDATE uploads SET expires_at = NOW() - INTERVAL '1 minute'`

  it('ends its video with a reason, and takes no more parts', async () => {
    const { body } = await start({ ...film, sizeBytes: 200 * MIB })
    const { id } = body.video
    await passTime()
    await hub.reconcile()
    await hub.reconcile()
    expect(await videoOf(id)).toMatchObject({
      status: 'error',
      stage: 'failed',
      metadata: { error: { code: 'upload.expired' } },
    })
    expect((await hub.eventsOf(user.userId)).map(event => event.status)).toEqual(['processing', 'error'])
    const late = await hub.call('POST', `/uploads/${id}/parts`, {
      token: user.token,
      body: { partNumbers: [1] },
    })
    expect(late.body).toMatchObject({ status: 410, code: 'upload.expired' })
  })

  it('is taken in when its file is there and only S3’s event was lost', async () => {
    const { body } = await start()
    await postFile(body.upload, new Uint8Array(5000))
    await hub.takeEvents()
    await passTime()
    await hub.reconcile()
    expect(await videoOf(body.video.id)).toMatchObject({ status: 'processing', stage: 'queued' })
    expect(await hub.runsOf(body.video.id)).toHaveLength(1)
  })
})

describe('An upload that is asked for twice under one Idempotency-Key', () => {
  it('is one video, also when both come at once', async () => {
    const headers = { 'Idempotency-Key': 'a-key' }
    const answers = await Promise.all([start(film, headers), start(film, headers), start(film, headers)])
    expect(new Set(answers.map(({ body }) => body.video.id)).size).toBe(1)
    expect(new Set(answers.map(({ body }) => body.jobId)).size).toBe(1)
    expect((await hub.call('GET', '/videos', { token: user.token })).body.pagination.total).toBe(1)
    expect((await start({ ...film, title: 'Another' }, headers)).body.code).toBe(
      'request.idempotency_conflict',
    )
    const stranger = await hub.signUp()
    expect((await start(film, headers, stranger.token)).body.video.id).not.toBe(answers[0]!.body.video.id)
  })
})

describe('A form', () => {
  const formOf = (
    bytes: number,
    fields: Record<string, string> = { title: 'Test Video' },
    type = 'video/mp4',
  ) => {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    if (bytes >= 0) form.append('file', new Blob([new Uint8Array(bytes)], { type }), 'test-video.mp4')
    return form
  }
  const send = (form: FormData, headers = {}) =>
    hub.call('POST', '/videos/upload', { token: user.token, form, headers })

  it('with a small video is taken as in the guide’s example', async () => {
    const { status, body } = await send(
      formOf(4_000_000, { title: 'Test Video', description: 'Một bài giảng' }),
    )
    expect(status).toBe(201)
    expect(body.video).toMatchObject({
      title: 'Test Video',
      description: 'Một bài giảng',
      fileSize: 4_000_000,
    })
    expect(body.jobId).toBeDefined()
    await hub.settle()
    expect(await hub.runsOf(body.video.id)).toHaveLength(1)
  })

  it('that is sent again under its Idempotency-Key makes no second video', async () => {
    const headers = { 'Idempotency-Key': 'form' }
    const [first, second] = [await send(formOf(100), headers), await send(formOf(100), headers)]
    expect(second.body.video.id).toBe(first.body.video.id)
    await hub.settle()
    expect(await hub.runsOf(first.body.video.id)).toHaveLength(1)
  })

  it('with another file under a used Idempotency-Key is refused: it would take the place of the first', async () => {
    const headers = { 'Idempotency-Key': 'one-file' }
    await send(formOf(100), headers)
    const other = formOf(-1)
    other.append('file', new Blob([new Uint8Array(100).fill(1)], { type: 'video/mp4' }), 'test-video.mp4')
    expect((await send(other, headers)).body).toMatchObject({
      status: 422,
      code: 'request.idempotency_conflict',
    })
  })

  it('that the bucket does not take leaves no video behind, but spares one whose file a repetition has delivered', async () => {
    const headers = { 'Idempotency-Key': 'outage' }
    const { body } = await send(formOf(100), headers)
    hub.denied.add('s3:PutObject')
    const [again, other] = [await send(formOf(100), headers), await send(formOf(100))]
    hub.denied.clear()
    expect([again.status, other.status]).toEqual([201, 500])
    const { videos } = (await hub.call('GET', '/videos', { token: user.token })).body
    expect(videos.map(({ id }: { id: string }) => id)).toEqual([body.video.id])
    expect((await hub.eventsOf(user.userId)).at(-1)).toMatchObject({
      type: 'user_activity',
      action: 'video_deleted',
    })
  })

  it('with a larger one is sent to the other way', async () => {
    expect((await send(formOf(4_000_001))).body).toMatchObject({
      status: 413,
      title: 'File too large',
      detail: expect.stringContaining('application/json'),
    })
  })

  it('says all that is wrong with it at once', async () => {
    const { status, body } = await send(formOf(-1, { title: ' ', language: 'Vietnamese' }))
    expect(status).toBe(400)
    expect(body.errors.map((error: { path: string }) => error.path).sort()).toEqual([
      'file',
      'language',
      'title',
    ])
    expect((await send(formOf(10, { title: 'Text' }, 'text/plain'))).body.title).toBe('Invalid file type')
  })

  it.each(['zz', 'vi-QQ', 'zzz-abcd'])('in a language that nobody knows is refused: %s', async language => {
    const { status, body } = await send(formOf(100, { title: 'Film', language }))
    expect(status).toBe(400)
    expect(body.errors).toMatchObject([{ path: 'language', message: expect.stringContaining('BCP 47') }])
  })

  it('without a title: the error names the field, its code and what to do', async () => {
    const { status, body } = await send(formOf(100, {}))
    expect(status).toBe(400)
    expect(body.errors).toEqual([
      { in: 'body', path: 'title', code: 'required', message: 'This is required.' },
    ])
  })

  it('that breaks off is refused', async () => {
    const form = await hub.call('POST', '/videos/upload', {
      token: user.token,
      body: {},
      headers: { 'Content-Type': 'multipart/form-data; boundary=x' },
    })
    expect(form.body.code).toBe('upload.form_invalid')
  })
})
