import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DeleteQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openKeyring } from '../src/iam/keyring.ts'
import { type Sqs, startSqs } from '../src/services/sqs/server.ts'

let stateDir: string
let open: Sqs[]
const start = async (folder = join(stateDir, 'first')) => {
  const sqs = await startSqs({
    port: 0,
    stateDir: folder,
    region: 'us-east-1',
    account: '000000000000',
    keyring: openKeyring(folder),
  })
  open.push(sqs)
  return sqs
}
const bodiesIn = async ({ client }: Sqs, QueueUrl: string) => {
  const { Messages = [] } = await client.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
  )
  return Messages.map(({ Body }) => Body)
}

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'sqs-'))
  await mkdir(join(stateDir, 'first'))
  open = []
})
afterEach(async () => {
  for (const sqs of open) await sqs.close()
  await rm(stateDir, { recursive: true, force: true })
})

describe('SQS on this machine', () => {
  test('keeps what it has accepted, also what is under way, though its process is killed in the next moment', async () => {
    const killed = await start()
    const { url, arn } = await killed.createQueue('work', {})
    await killed.send(arn, 'one')
    expect(await bodiesIn(killed, url)).toEqual(['one'])
    await Promise.all(['two', 'three'].map(body => killed.send(arn, body)))

    // A killed process leaves nothing but the files on the disk.
    await cp(join(stateDir, 'first'), join(stateDir, 'second'), { recursive: true })
    const next = await start(join(stateDir, 'second'))
    expect((await bodiesIn(next, (await next.createQueue('work', {})).url)).sort()).toEqual([
      'one',
      'three',
      'two',
    ])
  })

  test('goes on keeping messages after a queue was deleted', async () => {
    const sqs = await start()
    const [gone, kept] = [await sqs.createQueue('gone', {}), await sqs.createQueue('kept', {})]
    await sqs.client.send(new DeleteQueueCommand({ QueueUrl: gone.url }))
    await sqs.send(kept.arn, 'one')
    expect(await bodiesIn(sqs, kept.url)).toEqual(['one'])
  })
})
