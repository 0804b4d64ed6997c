import type { ReportedProduct } from '../shared/contract/media-report.ts'

type WithFile<P> = P extends unknown ? Omit<P, 'sizeBytes'> & { file: string } : never

/** A finished file in the work folder. `name` is its place under the run's prefix. */
export type Product = WithFile<ReportedProduct>
