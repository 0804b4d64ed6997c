import type { Readable } from 'node:stream'
import busboy from 'busboy'
import { type BucketState, commitObject, keptHeaders, requireAllowed } from './bucket-state.ts'
import { now } from './objects.ts'
import { checkPolicy } from './post-policy.ts'
import { s3Error } from './s3-error.ts'
import { type Answer, asHeaderText, encodePath, type S3Request } from './s3-request.ts'
import { authenticateForm } from './signature.ts'
import { toXml } from './xml.ts'

const MAX_FIELD_BYTES = 20 * 1024

type Form = { fields: Record<string, string>; fileName: string; file: Readable }

/** Resolves at the file: S3 ignores the fields after it. */
const readForm = ({ message }: S3Request): Promise<Form> =>
  new Promise((resolve, reject) => {
    const malformed = () => reject(s3Error('MalformedPOSTRequest'))
    let parser: busboy.Busboy
    try {
      parser = busboy({
        headers: message.headers,
        defParamCharset: 'utf8',
        limits: { fieldSize: MAX_FIELD_BYTES, fields: 100, files: 1 },
      })
    } catch {
      return malformed()
    }
    const fields: Record<string, string> = {}
    parser.on('field', (name, value, { valueTruncated }) => {
      if (valueTruncated) return reject(s3Error('MalformedPOSTRequest', 'A form field is longer than 20 kB.'))
      fields[name.toLowerCase()] = value
    })
    parser.on('file', (name, file, { filename }) => {
      // An error before anybody reads the file must not end the process; readers still get it.
      file.on('error', () => {})
      if (name === 'file') resolve({ fields: { ...fields }, fileName: filename ?? '', file })
      else file.resume()
    })
    parser.on('error', malformed)
    parser.on('close', () =>
      reject(s3Error('InvalidArgument', 'POST requires exactly one file upload per request.')),
    )
    message.once('close', () => {
      if (!message.complete) parser.destroy(new Error('The client went away.'))
    })
    message.pipe(parser)
  })

async function* withinSizes(
  file: AsyncIterable<Buffer>,
  { minBytes, maxBytes }: { minBytes: number; maxBytes: number },
): AsyncGenerator<Buffer> {
  let size = 0
  for await (const chunk of file) {
    size += chunk.length
    if (size > maxBytes)
      throw s3Error('EntityTooLarge', undefined, { ProposedSize: size, MaxSizeAllowed: maxBytes })
    yield chunk
  }
  if (size < minBytes)
    throw s3Error('EntityTooSmall', undefined, { ProposedSize: size, MinSizeAllowed: minBytes })
}

const store = async (state: BucketState, request: S3Request): Promise<Answer> => {
  const { bucket, headers } = request
  const { fields, fileName, file } = await readForm(request)
  const identity = await authenticateForm(fields, state.trust)
  if (!fields.key) throw s3Error('InvalidArgument', "Bucket POST must contain a field named 'key'.")
  const key = fields.key.replaceAll('$' + '{filename}', fileName)
  const sizes = checkPolicy(fields.policy!, { ...fields, key, bucket })
  requireAllowed(state, identity, 's3:PutObject', { bucket, key })
  if (!state.catalog.hasBucket(bucket)) throw s3Error('NoSuchBucket', undefined, { BucketName: bucket })
  if (Buffer.byteLength(key) > 1024) throw s3Error('KeyTooLongError')

  const kept = Object.entries(keptHeaders(fields)).map(([name, value]) => [name, asHeaderText(value)])
  const { segment, md5 } = await state.blobs.write(withinSizes(file, sizes))
  const object = {
    size: segment.size,
    eTag: md5,
    lastModified: now(),
    headers: Object.fromEntries(kept),
    segments: [segment],
  }
  await commitObject(state, request, identity, { key, by: 'Post', object })

  const eTag = `"${md5}"`
  const location = `http://${headers.host}/${bucket}/${encodePath(key)}`
  if (URL.canParse(fields.success_action_redirect ?? '')) {
    const target = new URL(fields.success_action_redirect!)
    for (const [name, value] of Object.entries({ bucket, key, etag: eTag }))
      target.searchParams.set(name, value)
    return { status: 303, headers: { location: target.href, etag: eTag } }
  }
  const status = Number(['200', '201'].find(code => code === fields.success_action_status) ?? 204)
  const body =
    status === 201
      ? toXml('PostResponse', { Location: location, Bucket: bucket, Key: key, ETag: eTag })
      : undefined
  return { status, headers: { etag: eTag, location }, body }
}

/** A browser's form upload. It carries its own signature, over the policy. */
export const postObject = async (state: BucketState, request: S3Request): Promise<Answer> => {
  try {
    return await store(state, request)
  } catch (error) {
    request.message.unpipe()
    request.message.resume()
    throw error
  }
}
