import { expect, test } from 'vitest'
import { isAllowedOrigin, parseOrigin } from '../../shared/kernel/origins.ts'

const local = ['https://app.example.com', 'http://localhost:*', 'http://127.0.0.1:*']

test.each([
  ['http://localhost:5173', true],
  ['http://127.0.0.1:8080', true],
  ['https://app.example.com', true],
  ['http://localhost:5173.evil.example', false],
  ['http://localhost.evil.example:80', false],
  ['https://localhost:5173', false],
  ['https://app.example.com:444', false],
  ['null', false],
])('A page of %s may call: %s', (origin, may) => expect(isAllowedOrigin(local, origin)).toBe(may))

test('An entry is an origin, with any port if it says so', () => {
  expect(
    [' https://app.example.com/ ', 'http://localhost:*', 'ftp://x', 'app.example.com'].map(parseOrigin),
  ).toEqual(['https://app.example.com', 'http://localhost:*', undefined, undefined])
})
