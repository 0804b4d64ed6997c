/** The part of a request that a mapping template may read. */
export type TemplateInput = { header: (name: string) => string | undefined }

export type MappingResult = { text: string; headers: Record<string, string>; status?: number }

const OVERRIDE = /^\$context\.responseOverride\.(?:header\.([\w-]+)|(status))$/
const HEADER = /^\$input\.params(?:\(\)\.header\.get)?\(\s*(["'])([\w-]+)\1\s*\)$/

/**
 * Runs the part of a VTL mapping template that CORS preflights need: `#set`, `#if`, `#else`, `#end`
 * on lines of their own, comparisons and `startsWith` joined by `||`, request headers and
 * `$context.responseOverride`. Throws on anything else, so that no template is half understood.
 */
export const runMappingTemplate = (template: string, input: TemplateInput): MappingResult => {
  const variables = new Map<string, string>()
  const headers: Record<string, string> = {}
  const branches: boolean[] = []
  const text: string[] = []
  let status: number | undefined

  const evaluate = (expression: string): string => {
    const literal = expression.match(/^(["'])(.*)\1$|^(\d+)$/)
    if (literal) return literal[2] ?? literal[3] ?? ''
    const name = expression.match(HEADER)?.[2]
    if (name) return input.header(name) ?? ''
    if (/^\$\w+$/.test(expression)) return variables.get(expression) ?? ''
    throw new Error(`Mapping template: cannot evaluate ${expression}`)
  }
  const holds = (condition: string) =>
    condition.split('||').some(comparison => {
      const [, tested, start] = comparison.trim().match(/^(\$\w+)\.startsWith\("([^"]*)"\)$/) ?? []
      if (tested && start !== undefined) return evaluate(tested).startsWith(start)
      const [left, operator, right] = comparison.split(/\s*(==|!=)\s*/).map(part => part.trim())
      if (!left || !operator || right === undefined)
        throw new Error(`Mapping template: cannot decide ${comparison}`)
      return (evaluate(left) === evaluate(right)) === (operator === '==')
    })
  const assign = (target: string, value: string) => {
    const [, header, overridesStatus] = target.match(OVERRIDE) ?? []
    if (header) headers[header] = value
    else if (overridesStatus) status = Number(value)
    else variables.set(target, value)
  }

  for (const line of template.split('\n').map(raw => raw.trim())) {
    const active = branches.every(Boolean)
    const set = line.match(/^#set\(\s*(\$[\w.-]+)\s*=\s*(.*?)\s*\)$/)
    const condition = line.match(/^#if\((.*)\)$/)?.[1]
    if (condition) branches.push(active && holds(condition))
    else if (line === '#else') branches.push(!branches.pop())
    else if (line === '#end') branches.pop()
    else if (set) active && assign(set[1]!, evaluate(set[2]!))
    else if (line.startsWith('#')) throw new Error(`Mapping template: unknown directive ${line}`)
    else if (active) text.push(line)
  }
  return { text: text.join('\n').trim(), headers, status }
}
