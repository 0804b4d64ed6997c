import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteItemCommand,
  DynamoDBClient,
  paginateScan,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import { callerOf, demand } from '../../iam/caller.ts'
import type { Keyring } from '../../iam/keyring.ts'
import { serveLocally } from '../../machine/listen.ts'
import { sendError } from '../aws-json.ts'

export type DynamoDb = {
  url: string
  createTable(table: CreateTableCommandInput, expiryAttribute?: string): Promise<void>
  close(): Promise<void>
}

const SWEEP_EVERY_MS = 20_000

type Target = { TableName?: string; IndexName?: string; RequestItems?: Record<string, unknown> }

/**
 * dynalite in memory behind the caller's signature and grants, plus the deletion of expired items
 * that it lacks.
 */
export const startDynamoDb = async (o: {
  port: number
  region: string
  account: string
  keyring: Keyring
}): Promise<DynamoDb> => {
  const tables = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  const tableArn = (name: string) => `arn:aws:dynamodb:${o.region}:${o.account}:table/${name}`

  const check = async (request: IncomingMessage, body: Buffer) => {
    const accessKeyId = await callerOf(request, body, o.keyring)
    const action = `dynamodb:${String(request.headers['x-amz-target']).split('.').at(-1)}`
    const { TableName, IndexName, RequestItems } = JSON.parse(body.toString() || '{}') as Target
    const names = TableName ? [TableName] : Object.keys(RequestItems ?? {})
    for (const name of names.length ? names : ['*'])
      demand(
        o.keyring,
        accessKeyId,
        action,
        IndexName ? `${tableArn(name)}/index/${IndexName}` : tableArn(name),
      )
  }
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    try {
      const body = await buffer(request)
      await check(request, body)
      const { method, url, headers } = request
      tables.emit('request', Object.assign(Readable.from([body]), { method, url, headers }), response)
    } catch (error) {
      sendError(response, error, '1.0')
    }
  }
  const { url, close } = await serveLocally(handle, { port: o.port })
  const client = new DynamoDBClient({ endpoint: url, region: o.region, credentials: o.keyring.operator })
  const expiring = new Map<string, { attribute: string; keys: string[] }>()

  const sweep = async () => {
    for (const [table, { attribute, keys }] of expiring) {
      const scan = {
        TableName: table,
        FilterExpression: '#expiry < :now',
        ExpressionAttributeNames: { '#expiry': attribute },
        ExpressionAttributeValues: { ':now': { N: String(Math.floor(Date.now() / 1000)) } },
      }
      for await (const page of paginateScan({ client }, scan))
        for (const item of page.Items ?? [])
          await client.send(
            new DeleteItemCommand({
              TableName: table,
              Key: Object.fromEntries(keys.map(key => [key, item[key]!])),
            }),
          )
    }
  }
  const timer = setInterval(() => sweep().catch(() => {}), SWEEP_EVERY_MS)

  return {
    url,
    createTable: async (table, expiryAttribute) => {
      await client.send(new CreateTableCommand(table)).catch(error => {
        if (!(error instanceof ResourceInUseException)) throw error
      })
      const keys = (table.KeySchema ?? []).map(({ AttributeName }) => AttributeName!)
      if (expiryAttribute) expiring.set(table.TableName!, { attribute: expiryAttribute, keys })
    },
    close: async () => {
      clearInterval(timer)
      client.destroy()
      await close()
    },
  }
}
