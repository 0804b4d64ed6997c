import { S3Client } from '@aws-sdk/client-s3'

/**
 * By default presigned PUT and UploadPart links carry the checksum of an empty body, so no real
 * body would fit them.
 */
export const createS3Client = () =>
  new S3Client({ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' })
