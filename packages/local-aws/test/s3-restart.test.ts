import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import { Readable } from 'node:stream'
import { CopyObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { createPresignedPost } from '@aws-sdk/s3-presigned-post'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import type { S3EventRecord } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { decodeChunks } from '../src/services/s3/chunked-body.ts'
import { readQueueConfigurations } from '../src/services/s3/notifications.ts'
import {
  clientOf,
  film,
  MIB,
  md5Of,
  operator,
  presignerOf,
  serveMedia,
  temporaryFolder,
} from './support/serve-s3.ts'

let folder: string
const ends: (() => unknown)[] = []

beforeEach(async () => {
  folder = await temporaryFolder()
})

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  await rm(folder, { recursive: true })
})

const QueueArn = 'arn:aws:sqs:us-east-1:000000000000:ingest'
const FilterRules = [
  { Name: 'prefix', Value: 'users/' },
  { Name: 'suffix', Value: '.mp4' },
]
const notifications = readQueueConfigurations([
  { QueueArn, Events: ['s3:ObjectCreated:*'], Filter: { Key: { FilterRules } } },
])

const collector = () => {
  const taken: { queueArn: string; record: S3EventRecord }[] = []
  const notify = async (queueArn: string, body: string) => {
    for (const record of JSON.parse(body).Records) taken.push({ queueArn, record })
  }
  return { taken, notify }
}

const serve = async (notify: (queueArn: string, body: string) => Promise<void>) => {
  const media = await serveMedia({ folder, notifications, notify })
  let close: Promise<void> | undefined
  const closeOnce = () => {
    close ??= media.close()
    return close
  }
  ends.push(closeOnce)
  return { ...media, close: closeOnce }
}

/** A server in a process of its own, with a queue that takes nothing. */
const serveApart = async () => {
  const module = new URL('../src/services/s3/server.ts', import.meta.url).href
  const script = `
    import { startS3 } from ${JSON.stringify(module)}
    const keyring = { secretOf: () => ${JSON.stringify(operator.secretAccessKey)}, authorize: () => true }
    const notify = () => new Promise(() => {})
    const s3 = await startS3({ port: 0, dataDir: ${JSON.stringify(folder)}, region: 'us-east-1', keyring, notify })
    s3.defineBucket('media', ${JSON.stringify({ notifications })})
    process.on('message', () => process.send(process.resourceUsage().maxRSS / 1024))
    process.send(s3.url)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  ends.push(() => child.kill('SIGKILL'))
  const [url] = (await once(child, 'message')) as [string]
  return { child, url, client: clientOf(url) }
}

describe('a notification', () => {
  test('tells of every way an object comes to be, for the keys that the rule names', async () => {
    const { taken, notify } = collector()
    const { client } = await serve(notify)
    const put = (Key: string) => client.send(new PutObjectCommand({ Bucket: 'media', Key, Body: 'film' }))
    await put('media/a.mp4')
    await put('users/a.txt')
    const { ETag } = await put('users/phim của tôi+1.mp4')
    await client.send(
      new CopyObjectCommand({ Bucket: 'media', Key: 'users/copy.mp4', CopySource: 'media/users/a.txt' }),
    )
    await new Upload({
      client,
      params: { Bucket: 'media', Key: 'users/parts.mp4', Body: Readable.from(film(6 * MIB)) },
    }).done()
    const post = await createPresignedPost(client, { Bucket: 'media', Key: 'users/post.mp4' })
    const form = new FormData()
    for (const [name, value] of Object.entries(post.fields)) form.append(name, value)
    form.append('file', new Blob(['film']))
    expect((await fetch(post.url, { method: 'POST', body: form })).status).toBe(204)

    await vi.waitFor(() => expect(taken).toHaveLength(4), 10_000)
    expect(taken.map(({ record }) => [record.eventName, record.s3.object.key])).toEqual([
      ['ObjectCreated:Put', 'users/phim+c%E1%BB%A7a+t%C3%B4i%2B1.mp4'],
      ['ObjectCreated:Copy', 'users/copy.mp4'],
      ['ObjectCreated:CompleteMultipartUpload', 'users/parts.mp4'],
      ['ObjectCreated:Post', 'users/post.mp4'],
    ])
    expect(taken[0]).toMatchObject({
      queueArn: QueueArn,
      record: {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: 'us-east-1',
        s3: {
          bucket: { name: 'media', arn: 'arn:aws:s3:::media' },
          object: { size: 4, eTag: JSON.parse(ETag!), sequencer: expect.stringMatching(/^[0-9A-F]{18}$/) },
        },
      },
    })
    const sequencers = taken.map(({ record }) => record.s3.object.sequencer)
    expect(sequencers).toEqual([...sequencers].sort())
  })

  test('that a queue refused is sent again, and once only after a restart', async () => {
    const refused = vi.fn(async () => {
      throw new Error('no such queue yet')
    })
    const first = await serve(refused)
    await first.client.send(new PutObjectCommand({ Bucket: 'media', Key: 'users/a.mp4', Body: 'film' }))
    await vi.waitFor(() => expect(refused.mock.calls.length).toBeGreaterThan(1), 5000)
    await first.close()

    const { taken, notify } = collector()
    const second = await serve(notify)
    await vi.waitFor(() => expect(taken).toHaveLength(1), 10_000)
    await second.close()
    const third = await serve(notify)
    await third.client.send(new PutObjectCommand({ Bucket: 'media', Key: 'users/b.mp4', Body: 'film' }))
    await vi.waitFor(
      () => expect(taken.map(({ record }) => record.s3.object.key)).toEqual(['users/a.mp4', 'users/b.mp4']),
      10_000,
    )
  })

  test('outlives a killed server, and half an upload does not', async () => {
    const apart = await serveApart()
    await apart.client.send(new PutObjectCommand({ Bucket: 'media', Key: 'users/a.mp4', Body: 'film' }))
    const url = await getSignedUrl(
      presignerOf(apart.url),
      new PutObjectCommand({ Bucket: 'media', Key: 'users/half.mp4' }),
    )
    const upload = request(url, { method: 'PUT', headers: { 'content-length': 8 * MIB } }).on(
      'error',
      () => {},
    )
    await new Promise(resolve => upload.write(Buffer.alloc(4 * MIB), resolve))
    apart.child.kill('SIGKILL')
    await once(apart.child, 'exit')

    const { taken, notify } = collector()
    const { client, blobs } = await serve(notify)
    await vi.waitFor(
      () => expect(taken.map(({ record }) => record.s3.object.key)).toEqual(['users/a.mp4']),
      10_000,
    )
    expect(await blobs()).toHaveLength(1)
    await expect(
      client.send(new GetObjectCommand({ Bucket: 'media', Key: 'users/half.mp4' })),
    ).rejects.toMatchObject({ name: 'NoSuchKey' })
    const kept = await client.send(new GetObjectCommand({ Bucket: 'media', Key: 'users/a.mp4' }))
    expect(await kept.Body!.transformToString()).toBe('film')
  })
})

test.each(['PUT', 'POST'])(
  'a client that leaves in the middle of a %s leaves nothing behind',
  async method => {
    const { client, url, blobs } = await serve(async () => {})
    const target = await getSignedUrl(
      presignerOf(url),
      new PutObjectCommand({ Bucket: 'media', Key: 'half.mp4' }),
    )
    const { fields } = await createPresignedPost(client, { Bucket: 'media', Key: 'half.mp4' })
    const form = [...Object.entries(fields), ['file"; filename="a', '']].map(
      ([name, value]) => `--edge\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}`,
    )
    const start = method === 'PUT' ? 'film' : form.join('\r\n')
    const headers = { 'content-length': 8 * MIB, 'content-type': 'multipart/form-data; boundary=edge' }
    const upload = request(method === 'PUT' ? target : `${url}/media`, { method, headers }).on(
      'error',
      () => {},
    )
    upload.write(start + 'x'.repeat(MIB))
    await vi.waitFor(async () => expect(await blobs()).toHaveLength(1), 10_000)
    upload.destroy()
    await vi.waitFor(async () => expect(await blobs()).toHaveLength(0), 10_000)
  },
)

test('1 GiB goes in and out with less than 200 MB of memory', async () => {
  const { client, child } = await serveApart()
  const key = { Bucket: 'media', Key: 'huge.bin' }
  const size = 1024 * MIB
  const { ETag } = await client.send(
    new PutObjectCommand({
      ...key,
      Body: Readable.from(film(size), { objectMode: false }),
      ContentLength: size,
    }),
  )
  const { Body } = await client.send(new GetObjectCommand(key))
  expect(JSON.stringify(await md5Of(Body as Readable))).toBe(ETag)
  child.send('memory?')
  const [peakMb] = (await once(child, 'message')) as [number]
  console.log(`peak memory of the local S3: ${Math.round(peakMb)} MB`)
  expect(peakMb).toBeLessThan(200)
})

describe('a body in signed chunks', () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html#example-signature-calculations-streaming
  const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
  const scope = '20130524/us-east-1/s3/aws4_request'
  const signingKey = scope
    .split('/')
    .reduce<string | Buffer>(hmac, 'AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')
  const identity = {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    date: '20130524T000000Z',
    scope,
    signature: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    sign: async (text: string) => hmac(signingKey, text).toString('hex'),
  }
  const signatures = [
    'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
    '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
    'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
  ]
  const decode = async (letter: string) => {
    const sizes = [65_536, 1024, 0]
    const body = sizes
      .map(
        (size, index) =>
          `${size.toString(16)};chunk-signature=${signatures[index]}\r\n${letter.repeat(size)}\r\n`,
      )
      .join('')
    async function* pieces() {
      for (let at = 0; at < body.length; at += 1000) yield Buffer.from(body.slice(at, at + 1000))
    }
    const chunks = decodeChunks(pieces(), {}, identity)
    let sizeBytes = 0
    for await (const chunk of chunks) sizeBytes += chunk.length
    return sizeBytes
  }

  test('is taken out of its frames when the signatures of AWS’s example hold', async () => {
    expect(await decode('a')).toBe(66_560)
    await expect(decode('b')).rejects.toMatchObject({ code: 'SignatureDoesNotMatch' })
  })
})
