import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type FunctionSpec,
  type Lambda,
  type LogLine,
  startLambda,
} from '../../src/services/lambda/server.ts'

export type TinyFunctions = {
  lambda: Lambda
  /** Writes a one-file bundle and makes it a function. */
  define(name: string, source: string, spec?: Partial<FunctionSpec>): Promise<FunctionSpec>
  close(): Promise<void>
}

/**
 * A local Lambda whose functions are written by the test itself, as the source of one ESM file
 * each.
 */
export const startTinyFunctions = async (
  o: { environmentFor?: (spec: FunctionSpec) => Record<string, string>; log?: (line: LogLine) => void } = {},
): Promise<TinyFunctions> => {
  const folder = await mkdtemp(join(tmpdir(), 'hub-functions-'))
  const lambda = startLambda({
    environmentFor: o.environmentFor ?? (() => ({})),
    log: o.log ?? (() => undefined),
  })
  return {
    lambda,
    define: async (name, source, given = {}) => {
      const codeDir = join(folder, name)
      await mkdir(codeDir, { recursive: true })
      await writeFile(join(codeDir, 'index.mjs'), source)
      const spec = {
        name,
        codeDir,
        handler: 'index.handler',
        environment: {},
        timeoutSeconds: 5,
        memoryMb: 128,
        ...given,
      }
      lambda.define(spec)
      return spec
    },
    close: async () => {
      await lambda.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
