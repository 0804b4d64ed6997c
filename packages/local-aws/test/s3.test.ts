import { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { film, MIB, md5Of, type ServedMedia, serveMedia } from './support/serve-s3.ts'

let media: ServedMedia
let client: ServedMedia['client']

beforeAll(async () => {
  media = await serveMedia({})
  client = media.client
})

afterAll(() => media.close())

const put = (Key: string, Body = 'film', more = {}) =>
  client.send(new PutObjectCommand({ Bucket: 'media', Key, Body, ...more }))
const textOf = async (Key: string) =>
  (await client.send(new GetObjectCommand({ Bucket: 'media', Key }))).Body!.transformToString()

describe('a large film', () => {
  const key = { Bucket: 'media', Key: 'large.bin' }
  const size = 200 * MIB + 5

  beforeAll(async () => {
    const params = {
      ...key,
      Body: Readable.from(film(size)),
      ContentType: 'video/mp4',
      Metadata: { video: '42' },
    }
    const upload = new Upload({ client, params, partSize: 32 * MIB, queueSize: 2 })
    expect((await upload.done()).ETag).toMatch(/^"[0-9a-f]{32}-7"$/)
  })

  test('arrives whole in parts, with its metadata', async () => {
    const { Body, ...head } = await client.send(new GetObjectCommand(key))
    expect(head).toMatchObject({
      ContentLength: size,
      ContentType: 'video/mp4',
      Metadata: { video: '42' },
      AcceptRanges: 'bytes',
    })
    expect(await md5Of(Body as Readable)).toBe(await md5Of(film(size)))
  })

  test.each([
    ['bytes=33554430-33554435', 33554430, 33554435],
    ['bytes=209715200-', size - 5, size - 1],
    ['bytes=-3', size - 3, size - 1],
    ['bytes=209715204-999999999', size - 1, size - 1],
  ])('is read by range %s, also across parts', async (Range, first, last) => {
    const { Body, ContentRange, $metadata } = await client.send(new GetObjectCommand({ ...key, Range }))
    expect($metadata.httpStatusCode).toBe(206)
    expect(ContentRange).toBe(`bytes ${first}-${last}/${size}`)
    const expected = Array.from(
      { length: last - first + 1 },
      (_, index) => 1 + Math.floor((first + index) / MIB),
    )
    expect([...(await Body!.transformToByteArray())]).toEqual(expected)
  })

  test('refuses a range behind its end', async () => {
    await expect(
      client.send(new GetObjectCommand({ ...key, Range: `bytes=${size}-` })),
    ).rejects.toMatchObject({ name: 'InvalidRange' })
  })

  test('is not sent again to who has it', async () => {
    const { ETag } = await client.send(new HeadObjectCommand(key))
    const again = client.send(new GetObjectCommand({ ...key, IfNoneMatch: ETag! }))
    await expect(again).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } })
    await expect(client.send(new GetObjectCommand({ ...key, IfMatch: '"other"' }))).rejects.toMatchObject({
      name: 'PreconditionFailed',
    })
  })
})

describe('multipart upload', () => {
  test('holds parts to the rules of S3', async () => {
    const at = { Bucket: 'media', Key: 'parts.bin' }
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(at))
    const part = async (PartNumber: number, Body: Buffer) => {
      const { ETag } = await client.send(new UploadPartCommand({ ...at, UploadId, PartNumber, Body }))
      return { PartNumber, ETag: ETag! }
    }
    const complete = (...Parts: { PartNumber: number; ETag: string }[]) =>
      client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }))
    const [small, large, last] = [
      await part(1, Buffer.alloc(9)),
      await part(2, Buffer.alloc(5 * MIB)),
      await part(3, Buffer.alloc(1)),
    ]

    const page = await client.send(new ListPartsCommand({ ...at, UploadId, MaxParts: 2 }))
    expect(page).toMatchObject({
      IsTruncated: true,
      NextPartNumberMarker: '2',
      Parts: [{ Size: 9 }, { Size: 5 * MIB }],
    })
    const { Uploads } = await client.send(
      new ListMultipartUploadsCommand({ Bucket: 'media', Prefix: 'parts' }),
    )
    expect(Uploads).toMatchObject([{ Key: 'parts.bin', UploadId }])

    await expect(complete(small, large)).rejects.toMatchObject({ name: 'EntityTooSmall' })
    await expect(complete(last, large)).rejects.toMatchObject({ name: 'InvalidPartOrder' })
    await expect(complete(large, { ...last, ETag: small.ETag })).rejects.toMatchObject({
      name: 'InvalidPart',
    })
    await complete(large, last)
    expect((await client.send(new HeadObjectCommand(at))).ContentLength).toBe(5 * MIB + 1)
    await expect(part(4, Buffer.alloc(1))).rejects.toMatchObject({ name: 'NoSuchUpload' })
  })

  test('leaves nothing behind when it is aborted', async () => {
    const before = (await media.blobs()).length
    const at = { Bucket: 'media', Key: 'aborted.bin' }
    await put('copied.txt', 'copied')
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(at))
    const part = {
      ...at,
      UploadId,
      PartNumber: 1,
      CopySource: 'media/copied.txt',
      CopySourceRange: 'bytes=0-3',
    }
    expect((await client.send(new UploadPartCopyCommand(part))).CopyPartResult?.ETag).toBe(
      `"${await md5Of([Buffer.from('copi')])}"`,
    )
    await client.send(new AbortMultipartUploadCommand({ ...at, UploadId }))
    await client.send(new DeleteObjectCommand({ Bucket: 'media', Key: 'copied.txt' }))
    expect(await media.blobs()).toHaveLength(before)
  })
})

describe('a copy', () => {
  test('is made of what the conditions on its source allow, and has its entity tag and headers', async () => {
    const { ETag } = await put('source.mp4', 'film', { ContentType: 'video/mp4' })
    const longAgo = new Date(0)
    const copy = (more: object) =>
      client.send(
        new CopyObjectCommand({ Bucket: 'media', Key: 'twin.mp4', CopySource: 'media/source.mp4', ...more }),
      )
    const refusals = [
      { CopySourceIfMatch: '"other"' },
      { CopySourceIfNoneMatch: ETag! },
      { CopySourceIfUnmodifiedSince: longAgo },
      { CopySourceIfModifiedSince: new Date() },
    ]
    for (const more of refusals)
      await expect(copy(more)).rejects.toMatchObject({
        name: 'PreconditionFailed',
        $metadata: { httpStatusCode: 412 },
      })
    await expect(textOf('twin.mp4')).rejects.toMatchObject({ name: 'NoSuchKey' })
    const whole = { CopySourceIfMatch: ETag!, CopySourceIfUnmodifiedSince: longAgo }
    expect((await copy(whole)).CopyObjectResult).toMatchObject({ ETag })
    expect((await copy({ CopySourceIfMatch: ETag!.replaceAll('"', '') })).CopyObjectResult).toMatchObject({
      ETag,
    })
    const head = await client.send(new HeadObjectCommand({ Bucket: 'media', Key: 'twin.mp4' }))
    expect(head).toMatchObject({ ETag, ContentType: 'video/mp4' })

    const at = { Bucket: 'media', Key: 'twin.mp4' }
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(at))
    const part = {
      ...at,
      UploadId,
      PartNumber: 1,
      CopySource: 'media/source.mp4',
      CopySourceIfMatch: '"other"',
    }
    await expect(client.send(new UploadPartCopyCommand(part))).rejects.toMatchObject({
      name: 'PreconditionFailed',
    })
    await client.send(new AbortMultipartUploadCommand({ ...at, UploadId }))
  })
})

describe('keys', () => {
  test.each([
    'a b+c&d=e.txt',
    '../../escape',
    'phim/đường Hà Nội 😀.mp4',
    '/lead//double/',
    '<&>"\'%2F?#.txt',
    '~!*()',
  ])('may be %j', async Key => {
    await put(Key, Key, { CacheControl: 'max-age=5', ContentDisposition: 'inline' })
    expect(await client.send(new HeadObjectCommand({ Bucket: 'media', Key }))).toMatchObject({
      CacheControl: 'max-age=5',
      ContentDisposition: 'inline',
    })
    await client.send(
      new CopyObjectCommand({
        Bucket: 'media',
        Key: `copy of ${Key}`,
        CopySource: encodeURIComponent(`media/${Key}`),
      }),
    )
    expect(await textOf(`copy of ${Key}`)).toBe(Key)
    for (const EncodingType of [undefined, 'url'] as const) {
      const { Contents } = await client.send(
        new ListObjectsV2Command({ Bucket: 'media', Prefix: Key, EncodingType }),
      )
      expect(Contents?.map(object => (EncodingType ? decodeURIComponent(object.Key!) : object.Key))).toEqual([
        Key,
      ])
    }
    const Objects = [Key, `copy of ${Key}`].map(key => ({ Key: key }))
    const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket: 'media', Delete: { Objects } }))
    expect(Deleted).toEqual(Objects)
    await expect(textOf(Key)).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  test('are listed past one page, in groups and from a start', async () => {
    const keys = Array.from(
      { length: 1005 },
      (_, index) => `list/${index % 3}/${String(index).padStart(4, '0')}`,
    ).sort()
    for (let at = 0; at < keys.length; at += 50)
      await Promise.all(keys.slice(at, at + 50).map(key => put(key)))
    const seen: string[] = []
    let pages = 0
    for await (const page of paginateListObjectsV2({ client }, { Bucket: 'media', Prefix: 'list/' })) {
      pages++
      seen.push(...page.Contents!.map(object => object.Key!))
    }
    expect([pages, seen]).toEqual([2, keys])

    const grouped = { Bucket: 'media', Prefix: 'list/', Delimiter: '/', MaxKeys: 2 }
    const first = await client.send(new ListObjectsV2Command(grouped))
    expect(first).toMatchObject({
      CommonPrefixes: [{ Prefix: 'list/0/' }, { Prefix: 'list/1/' }],
      IsTruncated: true,
      KeyCount: 2,
    })
    const second = await client.send(
      new ListObjectsV2Command({ ...grouped, ContinuationToken: first.NextContinuationToken }),
    )
    expect(second).toMatchObject({ CommonPrefixes: [{ Prefix: 'list/2/' }], IsTruncated: false })
    const { NextMarker: Marker } = await client.send(new ListObjectsCommand(grouped))
    expect((await client.send(new ListObjectsCommand({ ...grouped, Marker }))).CommonPrefixes).toEqual([
      { Prefix: 'list/2/' },
    ])
    const late = await client.send(
      new ListObjectsV2Command({ Bucket: 'media', Prefix: 'list/', StartAfter: keys[1002]! }),
    )
    expect(late.Contents?.map(object => object.Key)).toEqual(keys.slice(1003))
  })
})
