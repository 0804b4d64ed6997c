import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

/** The lines that a process writes which logs so. */
const linesOf = async (statement: string): Promise<Record<string, unknown>[]> => {
  const program = `import { createLogger } from './shared/observability/logger.ts'; const log = createLogger('videos'); ${statement}`
  const env = { PATH: process.env.PATH }
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', program],
    { env },
  )
  return `${stdout}${stderr}`
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line))
}

describe('a line of the log', () => {
  it('is the guide’s: level, timestamp, service and what happened', async () => {
    const fields = "{ videoId: 'v', userId: 'u', processingType: 'upload' }"
    expect(await linesOf(`log.info('Video processing started', ${fields})`)).toMatchObject([
      {
        level: 'INFO',
        message: 'Video processing started',
        service: 'ai-video-hub',
        source: 'videos',
        videoId: 'v',
        processingType: 'upload',
      },
    ])
  })

  it('names the AI service that failed and why', async () => {
    const lines = await linesOf(
      "log.warn('AI service failed', { error: 'no such language', videoId: 'v', service: 'transcribe' })",
    )
    expect(lines).toMatchObject([
      { message: 'AI service failed', service: 'transcribe', error: 'no such language', source: 'videos' },
    ])
  })

  it('carries an error with its stack and cause, and no secret', async () => {
    const [line] = await linesOf(
      "log.error('Bad', { error: new Error('away', { cause: new Error('why') }), token: 'eyJ0' })",
    )
    expect(line).toMatchObject({ token: '[redacted]', error: { message: 'away', cause: { message: 'why' } } })
    expect(JSON.stringify(line)).toContain('at ')
  })

  it('shows neither the key that a refused provider quotes nor the row that Postgres refuses', async () => {
    const provider = "new Error('away', { cause: new Error('Incorrect API key: sk-abcdefgh12345678') })"
    const row =
      "Object.assign(new Error('violates a rule'), { code: '23514', detail: 'Failing row contains (lan@example.com, $argon2id$…)' })"
    const text = JSON.stringify(
      await linesOf(`log.error('Bad', { error: ${provider} }); log.error('Bad', { error: ${row} })`),
    )
    expect(text).toMatch(/sk-\[redacted\].*violates a rule.*23514/)
    expect(text).not.toMatch(/abcdefgh|lan@example|argon2id/)
  })
})
