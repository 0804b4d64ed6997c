import { openAsBlob } from 'node:fs'
import { basename, extname } from 'node:path'
import type * as z from 'zod'
import type * as Auth from '../../shared/contract/auth.ts'
import type * as Summaries from '../../shared/contract/summaries.ts'
import type * as Uploads from '../../shared/contract/uploads.ts'
import type * as Videos from '../../shared/contract/videos.ts'

type Video = z.infer<typeof Videos.Video>
type Upload = z.infer<typeof Uploads.UploadTarget>
type Parts = Extract<Upload, { kind: 'multipart' }> & { blob: Blob; onSent: (share: number) => void }
type Added = z.infer<typeof Videos.AddVideoResponse> & { upload: Upload }
export type VideoAnswer = {
  video: Video
  aiSummary?: z.infer<typeof Summaries.AISummary>
  transcript: z.infer<typeof Videos.TranscriptStatus>
}

const TYPES: Record<string, string> = {
  '.mp4': 'video/mp4',
  '.m4v': 'video/mp4',
  '.mov': 'video/quicktime',
  '.avi': 'video/x-msvideo',
  '.wmv': 'video/x-ms-wmv',
  '.flv': 'video/x-flv',
  '.webm': 'video/webm',
  '.mkv': 'video/x-matroska',
}

export type VideoEvent = {
  seq: number
  at: string
  payload: { videoId: string; status: string; progress: number; stage?: string; message?: string }
}

export type Request = { token?: string; body?: unknown; form?: FormData; headers?: Record<string, string> }
// biome-ignore lint/suspicious/noExplicitAny: whoever asks knows what the route answers
export type Answer = { status: number; headers: Headers; text: string; body: any }

/**
 * One request to the API of a hub, whatever it answers; a path is taken below its address. JSON
 * answers are parsed.
 */
export const askHub = async (
  restUrl: string,
  method: string,
  path: string,
  request: Request = {},
): Promise<Answer> => {
  const { token, body, form } = request
  const headers = {
    ...(token && { Authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...request.headers,
  }
  const answer = await fetch(`${restUrl}${path}`, {
    method,
    headers,
    body: form ?? (body === undefined ? null : JSON.stringify(body)),
  })
  const text = await answer.text()
  const isJson = /\bjson\b/.test(answer.headers.get('content-type') ?? '')
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: isJson && text ? JSON.parse(text) : undefined,
  }
}

export type HubClient = Awaited<ReturnType<typeof connectHub>>

/**
 * A signed-up user of a running hub, speaking to it as a frontend does. A refusal throws an error
 * with the problem's code and sentence.
 */
export const connectHub = async ({ restUrl, webSocketUrl }: { restUrl: string; webSocketUrl: string }) => {
  let token = ''
  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await askHub(restUrl, method, path, { token, body })
    if (answer.status >= 400)
      throw Object.assign(
        new Error(`${method} ${path}: ${answer.status} ${answer.body?.code} ${answer.body?.detail}`),
        { sentence: String(answer.body?.detail) },
      )
    return answer.body ?? {}
  }

  const email = `demo-${crypto.randomUUID()}@example.com`
  const password = crypto.randomUUID()
  const account = await call<z.infer<typeof Auth.AuthResponse>>('POST', '/auth/register', {
    email,
    password,
    fullName: 'Demo',
  })
  token = account.token

  /** Announces the file and sends it straight to S3: as one form, or in parts when it is large. */
  const upload = async (
    file: string,
    {
      title,
      language,
      onSent = () => {},
    }: { title: string; language?: string; onSent?: (share: number) => void },
  ): Promise<Added> => {
    const blob = await openAsBlob(file)
    const contentType = TYPES[extname(file).toLowerCase()]
    if (!contentType) throw new Error(`${basename(file)}: use one of ${Object.keys(TYPES).join(' ')}`)
    const announced = {
      title,
      fileName: basename(file),
      contentType,
      sizeBytes: blob.size,
      ...(language && { language }),
    }
    const added = await call<Added>('POST', '/videos/upload', announced)
    if (added.upload.kind === 'post') await postForm(added.upload, blob)
    else await sendParts(added.video.id, { ...added.upload, blob, onSent })
    onSent(1)
    return added
  }

  const sendParts = async (videoId: string, { partSizeBytes, partCount, blob, onSent }: Parts) => {
    for (let partNumber = 1; partNumber <= partCount; partNumber++) {
      const { parts } = await call<{ parts: { url: string }[] }>('POST', `/uploads/${videoId}/parts`, {
        partNumbers: [partNumber],
      })
      const body = blob.slice((partNumber - 1) * partSizeBytes, partNumber * partSizeBytes)
      const answer = await fetch(parts[0]!.url, { method: 'PUT', body })
      if (!answer.ok) throw new Error(`part ${partNumber}: ${answer.status} ${await answer.text()}`)
      onSent(partNumber / partCount)
    }
    await call('POST', `/uploads/${videoId}/complete`)
  }

  /**
   * A WebSocket of this user, open. Events come as they happen; those before it only after a
   * `resume`.
   */
  const openSocket = async (): Promise<WebSocket> => {
    const { ticket } = await call<{ ticket: string }>('POST', '/ws/ticket')
    const socket = new WebSocket(`${webSocketUrl}?token=${ticket}`)
    await new Promise((open, fail) => {
      socket.addEventListener('open', open)
      socket.addEventListener('error', () => fail(new Error('the WebSocket was refused')))
    })
    return socket
  }

  /** Every event of the user's videos from the first, as it happens. */
  const follow = async (onEvent: (event: VideoEvent) => void): Promise<{ close(): void }> => {
    const socket = await openSocket()
    let seen = 0
    socket.addEventListener('message', ({ data }) => {
      const event = JSON.parse(String(data))
      // Events that came before the answer to the resume come again in order.
      if (event.seq !== seen + 1) return
      seen = event.seq
      if (event.type === 'video_processing') onEvent(event)
    })
    socket.send(JSON.stringify({ type: 'resume', after: 0 }))
    return { close: () => socket.close() }
  }

  return { ...account, email, password, call, upload, openSocket, follow }
}

const postForm = async ({ url, fields }: Extract<Upload, { kind: 'post' }>, file: Blob): Promise<void> => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', file)
  const answer = await fetch(url, { method: 'POST', body: form })
  if (!answer.ok) throw new Error(`upload: ${answer.status} ${await answer.text()}`)
}
