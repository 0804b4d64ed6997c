import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { createPresignedPost } from '@aws-sdk/s3-presigned-post'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Credentials } from '../src/iam/keyring.ts'
import {
  clientOf,
  codeIn,
  MIB,
  md5Of,
  operator,
  presignerOf,
  reader,
  type ServedMedia,
  serveMedia,
} from './support/serve-s3.ts'

const origin = 'http://localhost:3000'
const cors = [
  {
    AllowedOrigins: ['http://localhost:*'],
    AllowedMethods: ['POST', 'PUT', 'GET'],
    AllowedHeaders: ['*'],
    ExposedHeaders: ['ETag'],
    MaxAge: 300,
  },
]

let media: ServedMedia
let client: ServedMedia['client']

beforeAll(async () => {
  media = await serveMedia({ cors })
  client = media.client
})

afterAll(() => media.close())

const put = (Key: string, Body = 'film', more = {}) =>
  client.send(new PutObjectCommand({ Bucket: 'media', Key, Body, ...more }))
const textOf = async (Key: string) =>
  (await client.send(new GetObjectCommand({ Bucket: 'media', Key }))).Body!.transformToString()

describe('who may do what', () => {
  test('a wrong secret, an unknown key and no signature are refused', async () => {
    const bucketsSeenBy = (credentials: Credentials) =>
      clientOf(media.url, credentials).send(new ListBucketsCommand({}))
    expect((await bucketsSeenBy(operator)).Buckets?.map(bucket => bucket.Name)).toEqual(['media'])
    await expect(bucketsSeenBy({ ...operator, secretAccessKey: 'wrong' })).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    })
    await expect(bucketsSeenBy({ ...operator, accessKeyId: 'NOBODY' })).rejects.toMatchObject({
      name: 'InvalidAccessKeyId',
    })
    expect(await codeIn(await fetch(`${media.url}/media/public/a`))).toBe('AccessDenied')
    await expect(client.send(new HeadBucketCommand({ Bucket: 'absent' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 404 },
    })
  })

  test('a role does only what its policy allows', async () => {
    await Promise.all([put('public/a', 'open'), put('private/a')])
    const asReader = clientOf(media.url, reader)
    const get = (Key: string) => asReader.send(new GetObjectCommand({ Bucket: 'media', Key }))
    expect(await (await get('public/a')).Body!.transformToString()).toBe('open')
    await expect(get('private/a')).rejects.toMatchObject({ name: 'AccessDenied' })
    await expect(get('public/absent')).rejects.toMatchObject({ name: 'AccessDenied' })
    await expect(
      asReader.send(new PutObjectCommand({ Bucket: 'media', Key: 'public/a', Body: 'x' })),
    ).rejects.toMatchObject({
      name: 'AccessDenied',
    })
    const copy = new CopyObjectCommand({ Bucket: 'media', Key: 'public/b', CopySource: 'media/private/a' })
    await expect(asReader.send(copy)).rejects.toMatchObject({ name: 'AccessDenied' })
    const removal = new DeleteObjectsCommand({ Bucket: 'media', Delete: { Objects: [{ Key: 'private/a' }] } })
    expect((await asReader.send(removal)).Errors).toMatchObject([{ Key: 'private/a', Code: 'AccessDenied' }])
    const url = await getSignedUrl(
      presignerOf(media.url, reader),
      new GetObjectCommand({ Bucket: 'media', Key: 'private/a' }),
    )
    expect(await codeIn(await fetch(url))).toBe('AccessDenied')
  })

  test('bytes that differ from their checksum are refused', async () => {
    await expect(put('bad', 'x', { ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' })
    await expect(put('bad', 'x', { ContentMD5: '1B2M2Y8AsgTpgAmY7PhCfg==' })).rejects.toMatchObject({
      name: 'BadDigest',
    })
    await expect(put('public/a', 'x', { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    })
    await expect(textOf('bad')).rejects.toMatchObject({ name: 'NoSuchKey' })
  })
})

describe('a presigned URL', () => {
  test('works as signed, until it expires', async () => {
    await put('phim đã ký.txt', 'hello')
    const command = new GetObjectCommand({
      Bucket: 'media',
      Key: 'phim đã ký.txt',
      ResponseContentDisposition: 'attachment; filename="phim.mp4"',
    })
    const url = await getSignedUrl(presignerOf(media.url), command, { expiresIn: 60 })
    const response = await fetch(url, { headers: { range: 'bytes=1-2' } })
    expect([response.status, response.headers.get('content-disposition'), await response.text()]).toEqual([
      206,
      'attachment; filename="phim.mp4"',
      'el',
    ])
    expect(await codeIn(await fetch(url.replace('phim', 'film')))).toBe('SignatureDoesNotMatch')
    expect(await codeIn(await fetch(url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600')))).toBe(
      'SignatureDoesNotMatch',
    )
    expect(await codeIn(await fetch(url, { method: 'DELETE' }))).toBe('SignatureDoesNotMatch')
    expect(await codeIn(await fetch(url, { headers: { 'x-amz-meta-a': 'b' } }))).toBe('AccessDenied')
    const signingDate = new Date(Date.now() - 61_000)
    const late = await fetch(
      await getSignedUrl(presignerOf(media.url), command, { expiresIn: 60, signingDate }),
    )
    expect([late.status, await late.text()]).toEqual([403, expect.stringContaining('Request has expired')])
  })

  test('for a part takes exactly the bytes it was signed for', async () => {
    const at = { Bucket: 'media', Key: 'exact.bin' }
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(at))
    const command = new UploadPartCommand({ ...at, UploadId, PartNumber: 1, ContentLength: 10 })
    const url = await getSignedUrl(presignerOf(media.url), command, {
      signableHeaders: new Set(['content-length']),
    })
    expect((await fetch(url, { method: 'PUT', body: 'x'.repeat(11) })).status).toBe(403)
    const taken = await fetch(url, { method: 'PUT', body: 'x'.repeat(10) })
    expect([taken.status, taken.headers.get('etag')]).toEqual([
      200,
      `"${await md5Of([Buffer.from('x'.repeat(10))])}"`,
    ])
  })
})

describe('a presigned POST', () => {
  const post = async (change: Record<string, string>, file: string | undefined, expires = 60) => {
    const { url, fields } = await createPresignedPost(client, {
      Bucket: 'media',
      Key: 'posts/film.mp4',
      Conditions: [
        ['content-length-range', 5, 10],
        ['starts-with', '$x-amz-meta-title', ''],
      ],
      Fields: { 'Content-Type': 'video/mp4', 'x-amz-meta-title': 'phim', success_action_status: '201' },
      Expires: expires,
    })
    const form = new FormData()
    for (const [name, value] of Object.entries({ ...fields, ...change })) form.append(name, value)
    if (file !== undefined) form.append('file', new Blob([file], { type: 'text/html' }), 'any.mp4')
    return fetch(url, { method: 'POST', body: form, headers: { origin } })
  }

  test('stores what its policy allows', async () => {
    const response = await post({}, '0123456789')
    expect([response.status, await response.text()]).toEqual([
      201,
      expect.stringContaining('<Key>posts/film.mp4</Key>'),
    ])
    expect(response.headers.get('access-control-allow-origin')).toBe(origin)
    const head = await client.send(new HeadObjectCommand({ Bucket: 'media', Key: 'posts/film.mp4' }))
    expect(head).toMatchObject({ ContentLength: 10, ContentType: 'video/mp4', Metadata: { title: 'phim' } })
  })

  test.each<[string, Record<string, string>, string | undefined, number, string]>([
    ['a byte too many', {}, '0123456789a', 60, 'EntityTooLarge'],
    ['a byte too few', {}, '0123', 60, 'EntityTooSmall'],
    ['another key', { key: 'posts/other.mp4' }, '01234', 60, 'AccessDenied'],
    ['another content type', { 'Content-Type': 'text/html' }, '01234', 60, 'AccessDenied'],
    ['an expired policy', {}, '01234', -1, 'AccessDenied'],
    ['a field the policy does not know', { 'x-amz-meta-extra': '1' }, '01234', 60, 'AccessDenied'],
    [
      'another policy',
      { Policy: Buffer.from('{"expiration":"2999-01-01T00:00:00Z","conditions":[]}').toString('base64') },
      '01234',
      60,
      'SignatureDoesNotMatch',
    ],
    ['no file', {}, undefined, 60, 'InvalidArgument'],
    ['a byte too many, and many more', {}, 'x'.repeat(8 * MIB), 60, 'EntityTooLarge'],
  ])('refuses %s', async (_, change, file, expires, code) => {
    const blobs = await media.blobs()
    expect(await codeIn(await post(change, file, expires))).toBe(code)
    expect(await media.blobs()).toEqual(blobs)
  })
})

describe('a page on another origin', () => {
  const preflight = (origin: string, method: string) =>
    fetch(`${media.url}/media/cors.txt`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': 'content-type,x-amz-date',
      },
    })

  test('is let in by the bucket’s rules, and reads errors too', async () => {
    const allowed = await preflight(origin, 'PUT')
    expect([allowed.status, Object.fromEntries(allowed.headers)]).toMatchObject([
      200,
      {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'POST, PUT, GET',
        'access-control-allow-headers': 'content-type, x-amz-date',
        'access-control-expose-headers': 'ETag',
        'access-control-max-age': '300',
      },
    ])
    const refused = await fetch(`${media.url}/media/cors.txt`, { headers: { origin } })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, origin])
  })

  test('is kept out when no rule names it', async () => {
    expect((await preflight('https://evil.example', 'PUT')).status).toBe(403)
    expect((await preflight(origin, 'DELETE')).status).toBe(403)
    const refused = await fetch(`${media.url}/media/cors.txt`, {
      headers: { origin: 'https://evil.example' },
    })
    expect(refused.headers.get('access-control-allow-origin')).toBeNull()
  })
})
