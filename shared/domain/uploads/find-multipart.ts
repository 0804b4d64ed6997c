import { problem } from '../../contract/problems.ts'
import type { UploadRow } from '../../db/repositories/uploads.ts'
import { findUpload } from '../../db/repositories/uploads.ts'
import type { Owned } from '../videos/video-deps.ts'
import type { UploadDeps } from './upload-deps.ts'

export type MultipartUploadRow = UploadRow & { uploadId: string; partSizeBytes: number; partCount: number }

type Deps = Pick<UploadDeps, 'sql' | 'now'>

/** The user's multipart upload, whatever has become of it. Throws `upload.not_found`, `upload.not_multipart`. */
export const findMultipart = async ({ sql }: Deps, owned: Owned): Promise<MultipartUploadRow> => {
  const upload = await findUpload(sql, owned)
  if (!upload) throw problem('upload.not_found', { detail: 'You have no upload for such a video.' })
  if (upload.kind !== 'multipart') throw problem('upload.not_multipart', { detail: 'This file is sent in one piece.' })
  return upload as MultipartUploadRow
}

/** Also throws `upload.already_completed` and `upload.expired` when no more parts are taken. */
export const findOpenMultipart = async (deps: Deps, owned: Owned): Promise<MultipartUploadRow> => {
  const upload = await findMultipart(deps, owned)
  if (upload.status === 'completed') throw problem('upload.already_completed')
  if (upload.status !== 'pending' || new Date(upload.expiresAt) <= deps.now()) throw expired()
  return upload
}

/** The problem of an upload that takes nothing any more. */
export const expired = () => problem('upload.expired', { detail: 'The upload was not finished in time. Start a new one.' })

/** Every part is `partSizeBytes` long; the last one is what is left. */
export const partSize = ({ sizeBytes, partSizeBytes, partCount }: MultipartUploadRow, partNumber: number): number =>
  partNumber < partCount ? partSizeBytes : sizeBytes - partSizeBytes * (partCount - 1)
