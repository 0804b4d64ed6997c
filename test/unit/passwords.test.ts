import { argon2Sync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isCommonPassword } from '../../shared/domain/auth/common-passwords.ts'
import { hashPassword, needsRehash, verifyPassword } from '../../shared/domain/auth/password.ts'

describe('password hashes', () => {
  it('are argon2id at 19 MiB, 2 passes, 1 lane, salted, and fit the column', async () => {
    const [one, two] = await Promise.all([hashPassword('đường phố 42'), hashPassword('đường phố 42')])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
    expect(one).not.toBe(two)
    expect(one.length).toBeLessThan(255)
  })

  it('know their password, however its accents were typed, and no other', async () => {
    const hash = await hashPassword('Giáo dục 2026'.normalize('NFC'))
    expect(await verifyPassword('Giáo dục 2026'.normalize('NFD'), hash)).toBe(true)
    expect(await verifyPassword('Giao duc 2026', hash)).toBe(false)
    expect(await verifyPassword('', hash)).toBe(false)
    expect(await verifyPassword('Giáo dục 2026', 'not a hash')).toBe(false)
  })

  it('of another cost are still verified, and then made anew', async () => {
    const salt = Buffer.alloc(16, 7)
    const tag = argon2Sync('argon2id', {
      message: 'old password',
      nonce: salt,
      memory: 8192,
      passes: 1,
      parallelism: 1,
      tagLength: 32,
    })
    const bare = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
    const old = `$argon2id$v=19$m=8192,t=1,p=1$${bare(salt)}$${bare(tag)}`
    expect(await verifyPassword('old password', old)).toBe(true)
    expect(needsRehash(old)).toBe(true)
    expect(needsRehash(await hashPassword('x'))).toBe(false)
  })

  it('cost the same for an address that does not exist', async () => {
    const hash = await hashPassword('correct horse')
    const work = async (stored: string | undefined) => {
      const before = process.cpuUsage()
      await verifyPassword('wrong horse', stored)
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    const pairs: [number, number][] = []
    for (let n = 0; n < 4; n++) pairs.push([await work(hash), await work(undefined)])
    // Processor time, the least of each: what other processes take away is not in it. Without the
    // hash it would be a thousandth.
    const [known, unknown] = [
      Math.min(...pairs.map(pair => pair[0])),
      Math.min(...pairs.map(pair => pair[1])),
    ]
    expect(Math.max(known, unknown) / Math.min(known, unknown)).toBeLessThan(5)
  })
})

describe('common passwords', () => {
  it.each([
    'password',
    'Password123!',
    'P@ssw0rd',
    '12345678',
    '1234567890',
    '87654321',
    'qwertyuiop',
    'Qwerty123',
    '1q2w3e4r',
    'aaaaaaaa',
    'abcabcabc',
    '11112222',
    '20011987',
    'iloveyou',
    'ILoveYou2',
    'matkhau123',
    'Mậtkhẩu123',
    'anhyeuem',
    'welcome2026',
    'admin@123',
    'letmein!',
  ])('refuse %s', password => expect(isCommonPassword(password)).toBe(true))

  it.each([
    'correct horse battery',
    'Tr4ng-nguyen-lua',
    'mua thu Hà Nội',
    'x9$Kq2!vLm',
    '0987 1234 5501',
    'passwordless entry',
  ])('accept %s', password => expect(isCommonPassword(password)).toBe(false))

  it('refuse the account’s own address', () => {
    expect(isCommonPassword('Nguyen.Minh', { email: 'nguyen.minh@example.com' })).toBe(true)
    expect(isCommonPassword('nguyen.minh@example.com', { email: 'Nguyen.Minh@example.com' })).toBe(true)
    expect(isCommonPassword('nguyen.minh1990', { email: 'nguyen.minh@example.com' })).toBe(true)
  })
})
