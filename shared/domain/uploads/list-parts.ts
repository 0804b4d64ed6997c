import { problem } from '../../contract/problems.ts'
import type { Owned } from '../videos/video-deps.ts'
import { findOpenMultipart } from './find-multipart.ts'
import type { UploadDeps } from './upload-deps.ts'

type Deps = Pick<UploadDeps, 'sql' | 'directUploads' | 'now'>

/** Which parts have arrived, so that a client can go on after a crash. */
export const listParts = async (deps: Deps, owned: Owned) => {
  const upload = await findOpenMultipart(deps, owned)
  const { key, uploadId, partSizeBytes, partCount } = upload
  const parts = await deps.directUploads.listParts({ key, uploadId })
  if (!parts) throw problem('upload.already_completed')
  return { partSizeBytes, partCount, parts }
}
