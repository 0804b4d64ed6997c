import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'

export type TemplateResource = {
  Type: string
  Properties?: Record<string, unknown>
  DependsOn?: string | string[]
  Condition?: string
}

export type Template = {
  Resources: Record<string, TemplateResource>
  Parameters?: Record<string, { Type: string; Default?: unknown }>
  Conditions?: Record<string, unknown>
  Mappings?: Record<string, Record<string, Record<string, unknown>>>
  Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown } }>
}

export type Stack = { name: string; template: Template }

/**
 * Stacks in dependency order, and where the files of an asset lie, by the object key the template
 * names it with.
 */
export type Assembly = { stacks: Stack[]; assets: Map<string, string> }

type Artifact = {
  type: string
  dependencies?: string[]
  properties?: { templateFile?: string; stackName?: string; file?: string }
}
type AssetManifest = {
  files?: Record<string, { source: { path: string }; destinations: Record<string, { objectKey: string }> }>
}

const readJson = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8')) as T

/** Reads a synthesized CDK assembly. */
export const readAssembly = async (folder: string): Promise<Assembly> => {
  const { artifacts } = await readJson<{ artifacts: Record<string, Artifact> }>(
    resolve(folder, 'manifest.json'),
  )
  const assets = new Map<string, string>()
  for (const { type, properties } of Object.values(artifacts)) {
    if (type !== 'cdk:asset-manifest' || !properties?.file) continue
    const { files } = await readJson<AssetManifest>(resolve(folder, properties.file))
    for (const { source, destinations } of Object.values(files ?? {}))
      for (const { objectKey } of Object.values(destinations))
        assets.set(objectKey, resolve(folder, source.path))
  }
  const stacks: Stack[] = []
  const visited = new Set<string>()
  const visit = async (id: string): Promise<void> => {
    const artifact = artifacts[id]
    if (!artifact || visited.has(id)) return
    visited.add(id)
    for (const dependency of artifact.dependencies ?? []) await visit(dependency)
    if (artifact.type !== 'aws:cloudformation:stack') return
    const template = await readJson<Template>(resolve(folder, artifact.properties!.templateFile!))
    stacks.push({ name: artifact.properties!.stackName ?? id, template })
  }
  for (const id of Object.keys(artifacts)) await visit(id)
  return { stacks, assets }
}
