import busboy from 'busboy'
import { problem } from '../../contract/problems.ts'

export type FormFile = { name: string; fileName: string; contentType: string; bytes: Buffer }
export type Form = { fields: Record<string, string>; files: FormFile[] }

const LIMITS = { fields: 20, fieldSize: 64 * 1024, files: 2, parts: 24 }

/**
 * The fields and files of a multipart/form-data body. Throws `upload.form_invalid` when it is not
 * one.
 */
export const readForm = ({ bytes, contentType }: { bytes: Buffer; contentType: string }): Promise<Form> => {
  const { promise, resolve, reject } = Promise.withResolvers<Form>()
  const refuse = (error: unknown) =>
    reject(
      problem('upload.form_invalid', {
        detail: `The body is not a complete multipart/form-data form: ${(error as Error).message}.`,
      }),
    )
  try {
    const fields: Record<string, string> = {}
    const files: FormFile[] = []
    const parser = busboy({
      headers: { 'content-type': contentType },
      limits: LIMITS,
      defParamCharset: 'utf8',
    })
    parser.on('field', (name, value) => {
      if (!Object.hasOwn(fields, name) && name !== '__proto__') fields[name] = value
    })
    parser.on('file', (name, stream, { filename, mimeType }) => {
      const chunks: Buffer[] = []
      stream.on('data', chunk => chunks.push(chunk))
      stream.on('error', refuse)
      stream.on('end', () =>
        files.push({ name, fileName: filename ?? '', contentType: mimeType, bytes: Buffer.concat(chunks) }),
      )
    })
    parser.on('error', refuse)
    parser.on('close', () => resolve({ fields, files }))
    parser.end(bytes)
  } catch (error) {
    refuse(error)
  }
  return promise
}
