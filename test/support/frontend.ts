import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream'

const folder = join(import.meta.dirname, 'frontend')
const player = join(import.meta.dirname, '../../node_modules/hls.js/dist/hls.min.js')
const types = { html: 'text/html', js: 'text/javascript', mp4: 'video/mp4' } as const

/**
 * Serves the page of `test/support/frontend`, the player and the given files on a port of its own;
 * 0 = a free one.
 */
export const serveFrontend = async (port: number, files: Record<string, string> = {}) => {
  const known: Record<string, string> = {
    '/': join(folder, 'index.html'),
    '/frontend.js': join(folder, 'frontend.js'),
    '/hls.min.js': player,
    ...files,
  }
  const server = createServer((request, response) => {
    const file = known[request.url!]
    if (!file) return response.writeHead(404).end()
    response.writeHead(200, { 'Content-Type': types[file.split('.').at(-1) as keyof typeof types] })
    pipeline(createReadStream(file), response, () => {})
  })
  await new Promise<void>(done => server.listen(port, 'localhost', done))
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}
