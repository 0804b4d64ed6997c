import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Parser } from '@asyncapi/parser'
import { describe, expect, it } from 'vitest'
import { clientMessages, events, serverReplies } from '../../shared/contract/events.ts'
import { routes } from '../../shared/contract/index.ts'

const readDocument = (name: string) => readFile(join(import.meta.dirname, '../../docs', name), 'utf8')
const ERROR = 0

describe('docs/asyncapi.json', () => {
  it('is valid, and names every message of the WebSocket', async () => {
    const { document, diagnostics } = await new Parser().parse(await readDocument('asyncapi.json'))
    expect(diagnostics.filter(({ severity }) => severity === ERROR)).toEqual([])
    const names = document!.allMessages().map(message => message.name())
    expect(names.sort()).toEqual([events, clientMessages, serverReplies].flatMap(Object.keys).sort())
  })
})

describe('docs/openapi.json', () => {
  it('names every operation of the contract at its path', async () => {
    const { openapi, paths } = JSON.parse(await readDocument('openapi.json')) as {
      openapi: string
      paths: Record<string, Record<string, { operationId: string }>>
    }
    expect(openapi).toBe('3.1.0')
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(
        ([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`,
      ),
    )
    expect(described.sort()).toEqual(
      Object.entries(routes)
        .map(([id, { method, path }]) => `${id} ${method} ${path}`)
        .sort(),
    )
  })

  it('names every type in which an answer comes', async () => {
    const { paths } = JSON.parse(await readDocument('openapi.json'))
    const typesOf = (path: string) => Object.keys(paths[path].get.responses['200'].content)
    expect(typesOf('/videos/{id}/transcript')).toEqual([
      'application/json',
      'text/vtt',
      'application/x-subrip',
    ])
    expect(typesOf('/videos/{id}/playback/{playlist}')).toEqual(['application/vnd.apple.mpegurl', 'text/vtt'])
    expect(typesOf('/videos/{id}')).toEqual(['application/json'])
  })
})
