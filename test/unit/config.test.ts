import { describe, expect, it } from 'vitest'
import { readAuthSecrets } from '../../shared/config/auth-secrets.ts'
import { readConfig } from '../../shared/config/config.ts'

describe('the configuration', () => {
  it('parses durations, numbers and lists, and knows the guide’s defaults', () => {
    const keys = [
      'JWT_EXPIRES_IN',
      'JWT_REFRESH_EXPIRES_IN',
      'MAX_CONCURRENT_JOBS',
      'VIDEO_PROCESSING_TIMEOUT',
      'FRONTEND_URL',
      'NODE_ENV',
    ] as const
    expect(
      readConfig(
        { FRONTEND_URL: 'https://app.example.com/, http://localhost:5173', JWT_EXPIRES_IN: '15m' },
        keys,
      ),
    ).toEqual({
      JWT_EXPIRES_IN: 900,
      JWT_REFRESH_EXPIRES_IN: 604_800,
      MAX_CONCURRENT_JOBS: 5,
      VIDEO_PROCESSING_TIMEOUT: 3_600_000,
      FRONTEND_URL: ['https://app.example.com', 'http://localhost:5173'],
      NODE_ENV: 'production',
    })
    expect(readConfig({ JWT_EXPIRES_IN: '30' }, ['JWT_EXPIRES_IN'])).toEqual({ JWT_EXPIRES_IN: 30 })
  })

  it('lists every problem at once and never shows a value', () => {
    const env = {
      JWT_EXPIRES_IN: 'soon-s3cret',
      MAX_CONCURRENT_JOBS: '0',
      FRONTEND_URL: 'app',
      PIPELINE_ARN: '',
    }
    const read = () =>
      readConfig(env, [
        'PIPELINE_ARN',
        'AWS_S3_BUCKET',
        'JWT_EXPIRES_IN',
        'MAX_CONCURRENT_JOBS',
        'FRONTEND_URL',
      ])
    expect(read).toThrow(
      /PIPELINE_ARN is missing; AWS_S3_BUCKET is missing; JWT_EXPIRES_IN must be a duration.*; MAX_CONCURRENT_JOBS must be.*; FRONTEND_URL must be/,
    )
    expect(read).not.toThrow(/s3cret/)
  })

  it('tells an empty REDIS_URL, which means no Redis, from an absent one', () => {
    expect(readConfig({ REDIS_URL: '' }, ['REDIS_URL'])).toEqual({ REDIS_URL: '' })
    expect(readConfig({}, ['REDIS_URL']).REDIS_URL).toBeUndefined()
  })
})

describe('the secrets of tokens', () => {
  const long = (seed: string) => `${seed}Zk3v9QpX7LwT2mRb8NcY5sHd1FgJ4aEu`
  const read = (
    config: { JWT_SECRET?: string; JWT_REFRESH_SECRET?: string },
    NODE_ENV: 'production' | 'development' = 'production',
  ) =>
    readAuthSecrets(
      {
        NODE_ENV,
        AUTH_SECRET_ARN: undefined,
        JWT_SECRET: undefined,
        JWT_REFRESH_SECRET: undefined,
        ...config,
      },
      async () => '',
    )

  it('come from the environment, else from the secret of the stage', async () => {
    const own = { JWT_SECRET: long('a'), JWT_REFRESH_SECRET: long('b') }
    expect(await read(own)).toEqual({ jwtSecret: long('a'), refreshSecret: long('b') })
    const stored = readAuthSecrets(
      {
        NODE_ENV: 'production',
        AUTH_SECRET_ARN: 'arn',
        JWT_SECRET: undefined,
        JWT_REFRESH_SECRET: undefined,
      },
      async () => JSON.stringify(own),
    )
    expect(await stored).toEqual({ jwtSecret: long('a'), refreshSecret: long('b') })
  })

  it.each([
    ['missing', {}],
    ['of the guide', { JWT_SECRET: 'your_jwt_secret', JWT_REFRESH_SECRET: long('b') }],
    ['short', { JWT_SECRET: 'Zk3v9QpX7LwT', JWT_REFRESH_SECRET: long('b') }],
    ['an example made long', { JWT_SECRET: `your_jwt_secret${long('')}`, JWT_REFRESH_SECRET: long('b') }],
    ['one for both', { JWT_SECRET: long('a'), JWT_REFRESH_SECRET: long('a') }],
    ['one letter', { JWT_SECRET: 'x'.repeat(40), JWT_REFRESH_SECRET: long('b') }],
  ])('are refused in production when they are %s', async (_, config) => {
    await expect(read(config)).rejects.toThrow(/JWT_SECRET/)
  })

  it('may be short on a developer’s machine', async () => {
    expect(await read({ JWT_SECRET: 'dev', JWT_REFRESH_SECRET: 'dev2' }, 'development')).toEqual({
      jwtSecret: 'dev',
      refreshSecret: 'dev2',
    })
  })
})
