import { once } from 'node:events'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * Longer than the pools of SDK clients keep a connection: they would else meet a socket that is
 * just being closed.
 */
export const KEEP_ALIVE_MS = 65_000

export type LocalServer = { server: Server; url: string; close(): Promise<void> }

/** Serves HTTP on 127.0.0.1 (`port` 0 = free); closing also ends open connections. */
export const serveLocally = async (
  handle: RequestListener,
  { port, ...options }: ServerOptions & { port: number },
): Promise<LocalServer> => {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, ...options }, handle)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = new Promise<void>(done => server.close(() => done()))
      server.closeAllConnections()
      await closed
    },
  }
}
