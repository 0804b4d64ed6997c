import type { BucketState } from './bucket-state.ts'
import {
  createBucket,
  deleteObjects,
  getBucketLocation,
  headBucket,
  listBuckets,
  listObjects,
} from './buckets.ts'
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
} from './multipart.ts'
import { copyObject, deleteObject, getObject, getObjectTagging, putObject } from './objects.ts'
import { s3Error } from './s3-error.ts'
import type { Answer, S3Request } from './s3-request.ts'
import type { Identity } from './signature.ts'

type Run = (state: BucketState, request: S3Request, identity: Identity) => Answer | Promise<Answer>
type Level = 'account' | 'bucket' | 'object'

/**
 * The first row that fits is taken; the mark is a query parameter or header that tells operations
 * of one method apart. No action: the operation asks for each key by itself.
 */
const OPERATIONS: [method: string, level: Level, mark: string | null, action: string | null, run: Run][] = [
  ['GET', 'account', null, 's3:ListAllMyBuckets', listBuckets],
  ['GET', 'bucket', 'location', 's3:GetBucketLocation', getBucketLocation],
  ['GET', 'bucket', 'uploads', 's3:ListBucketMultipartUploads', listMultipartUploads],
  ['GET', 'bucket', null, 's3:ListBucket', listObjects],
  ['HEAD', 'bucket', null, 's3:ListBucket', headBucket],
  ['PUT', 'bucket', null, 's3:CreateBucket', createBucket],
  ['POST', 'bucket', 'delete', null, deleteObjects],
  ['GET', 'object', 'uploadId', 's3:ListMultipartUploadParts', listParts],
  ['GET', 'object', 'tagging', 's3:GetObjectTagging', getObjectTagging],
  ['GET', 'object', null, 's3:GetObject', getObject],
  ['HEAD', 'object', null, 's3:GetObject', getObject],
  ['PUT', 'object', 'uploadId', 's3:PutObject', uploadPart],
  ['PUT', 'object', 'x-amz-copy-source', 's3:PutObject', copyObject],
  ['PUT', 'object', null, 's3:PutObject', putObject],
  ['POST', 'object', 'uploads', 's3:PutObject', createMultipartUpload],
  ['POST', 'object', 'uploadId', 's3:PutObject', completeMultipartUpload],
  ['DELETE', 'object', 'uploadId', 's3:AbortMultipartUpload', abortMultipartUpload],
  ['DELETE', 'object', null, 's3:DeleteObject', deleteObject],
]

// Taken for a plain PUT or DELETE, these would overwrite or delete the object.
const UNSUPPORTED =
  /^(acl|attributes|cors|encryption|lifecycle|notification|policy|restore|retention|tagging|versionId|versioning|versions)$/

export const findOperation = ({
  method,
  bucket,
  key,
  query,
  headers,
}: S3Request): { level: Level; action: string | null; run: Run } => {
  const level = key !== '' ? 'object' : bucket !== '' ? 'bucket' : 'account'
  const fits = (mark: string | null) => mark === null || mark in query || mark in headers
  const [, , mark, action, run] =
    OPERATIONS.find(row => row[0] === method && row[1] === level && fits(row[2])) ?? []
  if (action === undefined || !run) throw s3Error('MethodNotAllowed')
  const unsupported = Object.keys(query).find(name => name !== mark && UNSUPPORTED.test(name))
  if (unsupported) throw s3Error('NotImplemented', `The local S3 does not know ?${unsupported}.`)
  return { level, action, run }
}
