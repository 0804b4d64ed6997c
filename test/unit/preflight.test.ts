import { expect, it } from 'vitest'
import { type Ask, preflight } from '../../scripts/preflight.ts'

/** A machine that prints these texts for the commands that begin so; any other command fails. */
const machine =
  (outputs: Record<string, string>): Ask =>
  (...words) =>
    Object.entries(outputs).find(([command]) => words.join(' ').includes(command))?.[1]

const AWS = { 'aws sts': '{}', 'L-3032A538': '4000.0\n', 'L-B99A9384': '1000.0\n' }

it('a machine without Docker: the deployment stops before anything is paid for', () => {
  expect(preflight(machine(AWS), 'x64').missing).toEqual([expect.stringContaining('Docker does not run')])
})

it('an x86-64 machine without emulation: the command that installs it is named', () => {
  const docker = { 'docker info': 'ok', 'docker buildx': 'Platforms: linux/amd64' }
  expect(preflight(machine({ ...AWS, ...docker }), 'x64').missing).toEqual([
    expect.stringContaining('--install arm64'),
  ])
  expect(preflight(machine({ ...AWS, ...docker }), 'arm64').missing).toEqual([])
})

it('a new account with small quotas: each is a note with its code, and stops nothing', () => {
  const small = { 'aws sts': '{}', 'L-3032A538': '6.0\n', 'L-B99A9384': '10.0\n', docker: 'linux/arm64' }
  const { missing, notes } = preflight(machine(small), 'x64')
  expect(missing).toEqual([])
  expect(notes).toEqual([expect.stringContaining('6 vCPU'), expect.stringContaining('10 functions')])
})

it('no aws CLI: a note says that the quotas are unknown', () => {
  expect(preflight(machine({ docker: 'linux/arm64' }), 'x64')).toEqual({
    missing: [],
    notes: [expect.stringContaining('quotas were not checked')],
  })
})
