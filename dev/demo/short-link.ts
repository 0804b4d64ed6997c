import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An address of this machine, short enough to be typed, that leads to a long one. */
export const openShortLink = async (target: string): Promise<{ url: string; close(): void }> => {
  const server = createServer((_, response) => response.writeHead(302, { Location: target }).end())
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
