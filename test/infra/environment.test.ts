import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { functionTable } from '../../infra/functions.ts'
import { findEntries } from '../../scripts/build.ts'
import { TEMPLATE_KEYS } from '../../shared/config/config.ts'
import { type Assembly, readable, resourcesOf, synthesizeForTest } from '../support/assembly.ts'

let assembly: Assembly
const entries = await findEntries()
beforeAll(() => {
  assembly = synthesizeForTest({ stage: 'prod', checks: 'none' })
}, 120_000)
afterAll(() => assembly.close())

const folders = ['functions/compose', 'shared/config']
const composing = folders.flatMap(folder =>
  readdirSync(folder)
    .filter(file => file.endsWith('.ts'))
    .map(file => readFileSync(join(folder, file), 'utf8')),
)

/**
 * The strings of an array literal; `...NAMES` is followed to `const NAMES = […]` in the same file
 * or where keys are shared.
 */
const keysIn = (list: string, source: string): string[] =>
  [...list.matchAll(/\.\.\.(\w+)|'(\w+)'/g)].flatMap(([, name, key]) => {
    if (key) return [key]
    const literal = [source, ...composing]
      .map(text => text.match(new RegExp(`const ${name} = (\\[[^\\]]*\\])`))?.[1])
      .find(Boolean)
    if (!literal) throw new Error(`no list ${name} is found`)
    return keysIn(literal, source)
  })

/**
 * Returns the keys that an entry file passes to `readConfig`, without what only the machine or the
 * operator sets.
 */
const keysRead = (file: string): string[] => {
  const source = readFileSync(file, 'utf8')
  const list = source.match(/readConfig\(process\.env, (\[[^\]]*\])/)?.[1]
  if (!list) throw new Error(`${file} does not call readConfig(process.env, […])`)
  return keysIn(list, source)
    .filter(key => (TEMPLATE_KEYS as string[]).includes(key))
    .sort()
}

const variablesGiven = (name: string) => {
  const lambda = resourcesOf(assembly, 'AWS::Lambda::Function').find(
    ({ Properties }) => Properties.FunctionName === `ai-video-hub-prod-${name}`,
  )
  const [task] = resourcesOf(assembly, 'AWS::ECS::TaskDefinition')
  const container: { Name: string; Value: unknown }[] = task!.Properties.ContainerDefinitions[0].Environment
  const ofTask = Object.fromEntries(container.map(({ Name, Value }) => [Name, Value]))
  return (name === 'media-task' ? ofTask : lambda?.Properties.Environment.Variables) as
    | Record<string, unknown>
    | undefined
}

it('every entry file is a function of the template, and every function has an entry file', () => {
  expect(entries.map(({ name }) => name).sort()).toEqual([...Object.keys(functionTable), 'media-task'].sort())
})

it.each(entries)('$name is given exactly the variables that it reads', ({ name, file }) => {
  expect(Object.keys(variablesGiven(name) ?? {}).sort()).toEqual(keysRead(file))
})

it('no variable holds a secret', () => {
  for (const { name } of entries)
    for (const value of Object.values(variablesGiven(name) ?? {}))
      expect(readable(value)).not.toMatch(/resolve:/)
})
