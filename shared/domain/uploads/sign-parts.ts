import { UPLOAD_LINK_SECONDS } from '../../contract/limits.ts'
import { problem } from '../../contract/problems.ts'
import type { Owned } from '../videos/video-deps.ts'
import { findOpenMultipart, partSize } from './find-multipart.ts'
import type { UploadDeps } from './upload-deps.ts'

type Deps = Pick<UploadDeps, 'sql' | 'directUploads' | 'now'>

/** A PUT link for each part, which takes exactly that part's length. */
export const signParts = async (deps: Deps, { partNumbers, ...owned }: Owned & { partNumbers: number[] }) => {
  const upload = await findOpenMultipart(deps, owned)
  const { key, uploadId, partCount } = upload
  const beyond = partNumbers.filter(partNumber => partNumber > partCount)
  if (beyond.length > 0)
    throw problem('request.invalid', { detail: `This upload has ${partCount} parts; there is no part ${beyond.join(', ')}.` })
  return Promise.all(
    [...new Set(partNumbers)].map(async partNumber => ({
      partNumber,
      url: await deps.directUploads.signPart({
        key,
        uploadId,
        partNumber,
        sizeBytes: partSize(upload, partNumber),
        expiresSeconds: UPLOAD_LINK_SECONDS,
      }),
    })),
  )
}
