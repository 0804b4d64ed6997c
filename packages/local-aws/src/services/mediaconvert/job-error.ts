/** Why a job ended as ERROR, with the number of MediaConvert's user guide ("Error codes"). */
export class JobError extends Error {
  readonly code: number
  constructor(code: keyof typeof meanings, detail: string) {
    super(`${meanings[code]}: ${detail}`)
    this.code = Number(code)
  }
}

const meanings = {
  1010: 'Input Error',
  1020: 'Video Error',
  1021: 'Audio Error',
  1030: 'Unsupported Codec',
  1075: 'Demuxer Parse Error',
  1401: 'Permissions Issue',
  1404: 'File Open Error',
  1999: 'Unknown Error',
} as const
