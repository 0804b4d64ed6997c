import type { BucketState } from './bucket-state.ts'
import { createBucket, deleteObjects, getBucketLocation, headBucket, listBuckets, listObjects } from './buckets.ts'
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
} from './multipart.ts'
import { copyObject, deleteObject, getObject, putObject } from './objects.ts'
import { postObject } from './post-object.ts'
import { s3Error } from './s3-error.ts'
import type { Answer, S3Request } from './s3-request.ts'
import type { Identity } from './signature.ts'

type Signed = (state: BucketState, request: S3Request, identity: Identity) => Answer | Promise<Answer>

type Operation = {
  name: string
  method: string
  level: 'account' | 'bucket' | 'object'
  /** The query parameter or header that tells it from others of the same method. */
  mark?: string
} & (
  | { action: string; run: Signed }
  /** Each key's permission is asked for by itself. */
  | { action: undefined; run: Signed }
  /** Authenticates the form it reads. */
  | { form: (state: BucketState, request: S3Request) => Promise<Answer> }
)

/** The first row that fits is taken. */
const OPERATIONS: Operation[] = [
  { name: 'ListBuckets', method: 'GET', level: 'account', action: 's3:ListAllMyBuckets', run: listBuckets },
  { name: 'GetBucketLocation', method: 'GET', level: 'bucket', mark: 'location', action: 's3:GetBucketLocation', run: getBucketLocation },
  {
    name: 'ListMultipartUploads',
    method: 'GET',
    level: 'bucket',
    mark: 'uploads',
    action: 's3:ListBucketMultipartUploads',
    run: listMultipartUploads,
  },
  { name: 'ListObjects', method: 'GET', level: 'bucket', action: 's3:ListBucket', run: listObjects },
  { name: 'HeadBucket', method: 'HEAD', level: 'bucket', action: 's3:ListBucket', run: headBucket },
  { name: 'CreateBucket', method: 'PUT', level: 'bucket', action: 's3:CreateBucket', run: createBucket },
  { name: 'DeleteObjects', method: 'POST', level: 'bucket', mark: 'delete', action: undefined, run: deleteObjects },
  { name: 'PostObject', method: 'POST', level: 'bucket', form: postObject },
  { name: 'ListParts', method: 'GET', level: 'object', mark: 'uploadId', action: 's3:ListMultipartUploadParts', run: listParts },
  { name: 'GetObject', method: 'GET', level: 'object', action: 's3:GetObject', run: getObject },
  { name: 'HeadObject', method: 'HEAD', level: 'object', action: 's3:GetObject', run: getObject },
  { name: 'UploadPart', method: 'PUT', level: 'object', mark: 'uploadId', action: 's3:PutObject', run: uploadPart },
  { name: 'CopyObject', method: 'PUT', level: 'object', mark: 'x-amz-copy-source', action: 's3:PutObject', run: copyObject },
  { name: 'PutObject', method: 'PUT', level: 'object', action: 's3:PutObject', run: putObject },
  { name: 'CreateMultipartUpload', method: 'POST', level: 'object', mark: 'uploads', action: 's3:PutObject', run: createMultipartUpload },
  {
    name: 'CompleteMultipartUpload',
    method: 'POST',
    level: 'object',
    mark: 'uploadId',
    action: 's3:PutObject',
    run: completeMultipartUpload,
  },
  {
    name: 'AbortMultipartUpload',
    method: 'DELETE',
    level: 'object',
    mark: 'uploadId',
    action: 's3:AbortMultipartUpload',
    run: abortMultipartUpload,
  },
  { name: 'DeleteObject', method: 'DELETE', level: 'object', action: 's3:DeleteObject', run: deleteObject },
]

const UNSUPPORTED = [
  'acl',
  'attributes',
  'cors',
  'encryption',
  'lifecycle',
  'notification',
  'policy',
  'tagging',
  'versionId',
  'versioning',
  'versions',
]

export const findOperation = ({ method, bucket, key, query, headers }: S3Request): Operation => {
  const unsupported = UNSUPPORTED.find(name => name in query)
  if (unsupported) throw s3Error('NotImplemented', `The local S3 does not know ?${unsupported}.`)
  const level = key !== '' ? 'object' : bucket !== '' ? 'bucket' : 'account'
  const found = OPERATIONS.find(
    row => row.method === method && row.level === level && (!row.mark || row.mark in query || row.mark in headers),
  )
  if (!found) throw s3Error('MethodNotAllowed')
  return found
}
