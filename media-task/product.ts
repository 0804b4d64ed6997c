/** A finished file in the job's folder. */
export type Product = {
  kind: 'audio' | 'thumbnail' | 'storyboard' | 'storyboard_vtt' | 'caption' | 'normalised'
  /** Name under the run's prefix. */
  name: string
  file: string
  contentType: string
  language?: string
  details?: Record<string, unknown>
}
