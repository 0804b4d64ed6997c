import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { functionTable } from '../../infra/functions.ts'
import { type SynthesisOptions, synthesize } from '../../infra/synth.ts'

export type Resource = {
  Type: string
  // biome-ignore lint/suspicious/noExplicitAny: templates have no types
  Properties: any
  DependsOn?: string[]
  DeletionPolicy?: string
}
export type Template = { Resources: Record<string, Resource>; Outputs?: Record<string, unknown> }
export type Assembly = { folder: string; templates: Record<string, Template>; close(): void }

/** Synthesizes a stage from empty bundles: what is in a bundle does not show in a template. */
export const synthesizeForTest = (options: Omit<SynthesisOptions, 'outDir' | 'distDir'>): Assembly => {
  const folder = mkdtempSync(join(tmpdir(), 'hub-synth-'))
  const distDir = join(folder, 'dist')
  for (const name of [...Object.keys(functionTable), 'layers/media-tools']) {
    mkdirSync(join(distDir, name), { recursive: true })
    writeFileSync(join(distDir, name, 'index.mjs'), `export const handler = () => '${name}'\n`)
  }
  const close = () => rmSync(folder, { recursive: true, force: true })
  try {
    const assembly = synthesize({ assets: 'in-place', ...options, outDir: join(folder, 'out'), distDir })
    const files = readdirSync(assembly).filter(file => file.endsWith('.template.json'))
    const read = (file: string) =>
      [stackOf(file), JSON.parse(readFileSync(join(assembly, file), 'utf8'))] as const
    return { folder: assembly, templates: Object.fromEntries(files.map(read)), close }
  } catch (error) {
    close()
    throw error
  }
}

/** 'ai-video-hub-dev-media.template.json' is the template of `media`. */
const stackOf = (file: string) => file.replace(/^ai-video-hub-[a-z]+-(.+)\.template\.json$/, '$1')

/** All resources of a type in all stacks, with their logical ids. */
export const resourcesOf = ({ templates }: Assembly, type: string): (Resource & { id: string })[] =>
  Object.values(templates).flatMap(({ Resources }) =>
    Object.entries(Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, resource]) => ({ id, ...resource })),
  )

/**
 * The state machine's definition. References become an ARN, since engines and validators read
 * finished definitions.
 */
export const definitionOf = (assembly: Assembly): string => {
  const [machine] = resourcesOf(assembly, 'AWS::StepFunctions::StateMachine')
  const parts: unknown[] = machine!.Properties.DefinitionString['Fn::Join'][1]
  const text = parts
    .map(part => (typeof part === 'string' ? part : 'arn:aws:lambda:us-east-1:000000000000:function:x'))
    .join('')
  return text.replaceAll('arn:arn:aws:lambda:us-east-1:000000000000:function:x:states', 'arn:aws:states')
}

/** A template's value as text, with each reference as `<LogicalId>` or `<LogicalId.Attribute>`. */
export const readable = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return String(value)
  const [[key, argument] = ['', undefined]] = Object.entries(value)
  if (key === 'Ref') return `<${argument}>`
  if (key === 'Fn::GetAtt') return `<${(argument as string[]).join('.')}>`
  if (key === 'Fn::ImportValue') return `<${argument}>`
  if (key === 'Fn::Join')
    return (argument as [string, unknown[]])[1].map(readable).join((argument as [string])[0])
  return JSON.stringify(value)
}
