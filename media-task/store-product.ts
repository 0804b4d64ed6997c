import { setTimeout as sleep } from 'node:timers/promises'
import type { Storage } from '../shared/aws/storage.ts'
import type { ReportedProduct } from '../shared/contract/media-report.ts'
import { runPrefix } from '../shared/kernel/object-keys.ts'
import { openOutput } from './output-file.ts'
import type { Product } from './product.ts'

type Deps = { storage: Pick<Storage, 'put'>; videoId: string; runId: string }

/**
 * Uploads a product and returns its line of the report. A stream is sent only once, so this repeats
 * it, not the client.
 */
export const storeProduct = async (
  { storage, videoId, runId }: Deps,
  product: Product,
): Promise<ReportedProduct> => {
  const { file, ...reported } = product
  const key = `${runPrefix(videoId, runId)}${product.name}`
  const handle = await openOutput(file)
  try {
    const { size: sizeBytes } = await handle.stat()
    const upload = async (triesLeft: number): Promise<void> => {
      try {
        const body = handle.createReadStream({ start: 0, autoClose: false })
        await storage.put(key, body, { contentType: product.contentType, sizeBytes })
      } catch (error) {
        if (triesLeft === 0) throw error
        await sleep(1000 * Math.random() + 500)
        await upload(triesLeft - 1)
      }
    }
    await upload(2)
    return { ...reported, sizeBytes } as ReportedProduct
  } finally {
    await handle.close()
  }
}
