/** The one region of this machine, and its account. */
export const REGION = 'us-east-1'
export const ACCOUNT = '000000000000'
