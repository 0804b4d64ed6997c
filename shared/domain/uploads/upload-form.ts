import { createHash } from 'node:crypto'
import { checkFields, type FieldError } from '../../contract/field-errors.ts'
import { MAX_FORM_FILE_BYTES } from '../../contract/limits.ts'
import { problem } from '../../contract/problems.ts'
import { UploadForm } from '../../contract/uploads.ts'
import { type AbortDeps, abortUpload } from './abort-upload.ts'
import { type AddDeps, type AddedVideo, addVideo } from './add-video.ts'
import { videoTypeOf } from './video-type.ts'

export type UploadFormDeps = AddDeps & AbortDeps
type Form = {
  fields: Record<string, string>
  files: { name: string; fileName: string; contentType: string; bytes: Buffer }[]
}

const Fields = UploadForm.omit({ file: true })

/**
 * Stores the file of a form where a direct upload would have put it: from there on both go the same
 * way.
 */
export const uploadForm = async (
  deps: UploadFormDeps,
  { userId, form, idempotencyKey }: { userId: string; form: Form; idempotencyKey?: string | undefined },
): Promise<AddedVideo> => {
  const { file, fields } = readVideoForm(form)
  const type = videoTypeOf(file.contentType, file.fileName)
  if (file.bytes.length > MAX_FORM_FILE_BYTES) throw tooLarge()
  const sha256 = createHash('sha256').update(file.bytes).digest('hex')
  const added = await addVideo(deps, {
    userId,
    ...fields,
    ...type,
    sizeBytes: file.bytes.length,
    sha256,
    kind: 'form',
    idempotencyKey,
  })
  if (added.upload.status !== 'pending') return added
  try {
    await deps.storage.put(added.upload.key, file.bytes, { contentType: type.contentType })
  } catch (error) {
    // The same request may have come twice, and the other may have delivered the file.
    if (await deps.storage.head(added.upload.key).catch(() => undefined)) return added
    await abortUpload(deps, { userId, videoId: added.video.id })
    throw error
  }
  return added
}

const readVideoForm = ({ fields, files }: Form) => {
  const file = files.find(({ name }) => name === 'file')
  const { data, errors: wrong = [] } = checkFields('body', Fields, fields)
  const errors: FieldError[] = [...wrong]
  if (!file)
    errors.push({
      in: 'body',
      path: 'file',
      code: 'required',
      message: 'Send the video as the file field "file".',
    })
  else if (file.bytes.length === 0)
    errors.push({ in: 'body', path: 'file', code: 'too_short', minimum: 1, message: 'The file is empty.' })
  if (!file || !data || errors.length > 0) {
    throw problem('upload.form_invalid', {
      detail: errors.map(({ path, message }) => `${path}: ${message}`).join(' '),
      errors,
    })
  }
  return { file, fields: data }
}

const tooLarge = () =>
  problem('upload.too_large', {
    detail:
      'File too large for a form. Post {title, fileName, contentType, sizeBytes} as application/json to this address: the answer says where to send up to 2 GiB.',
    limitBytes: MAX_FORM_FILE_BYTES,
  })
