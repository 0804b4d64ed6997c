/**
 * The values that a template refers to: resources deployed before, parameters, conditions and
 * exports of other stacks.
 */
export type Scope = {
  ref(name: string): unknown
  attribute(logicalId: string, attribute: string): unknown
  condition(name: string): boolean
  mapping(name: string, first: string, second: string): unknown
  exported(name: string): unknown
}

const nothing = Symbol('AWS::NoValue')

type Intrinsic = (argument: never, scope: Scope, resolve: (value: unknown) => unknown) => unknown

const substitute = (
  argument: string | [string, Record<string, unknown>],
  scope: Scope,
  resolve: (value: unknown) => unknown,
) => {
  const [text, values] = Array.isArray(argument) ? argument : [argument, {}]
  return text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal, name: string) => {
    if (literal) return `\${${name}}`
    if (name in values) return String(resolve(values[name]))
    const [id, ...attribute] = name.split('.')
    return String(attribute.length ? scope.attribute(id!, attribute.join('.')) : scope.ref(name))
  })
}

const intrinsics: Record<string, Intrinsic> = {
  Ref: (name: string, scope) => (name === 'AWS::NoValue' ? nothing : scope.ref(name)),
  Condition: (name: string, scope) => scope.condition(name),
  'Fn::GetAtt': (argument: string | [string, unknown], scope, resolve) => {
    const [id, attribute] = typeof argument === 'string' ? argument.split(/\.(.*)/s) : argument
    return scope.attribute(id!, String(resolve(attribute)))
  },
  'Fn::Join': ([separator, parts]: [string, unknown], _, resolve) =>
    (resolve(parts) as unknown[]).map(String).join(separator),
  'Fn::Sub': substitute,
  'Fn::Select': ([index, list]: [unknown, unknown], _, resolve) =>
    (resolve(list) as unknown[])[Number(resolve(index))],
  'Fn::Split': ([separator, text]: [string, unknown], _, resolve) => String(resolve(text)).split(separator),
  'Fn::Base64': (text: unknown, _, resolve) => Buffer.from(String(resolve(text))).toString('base64'),
  'Fn::GetAZs': (_region: unknown, scope) =>
    ['a', 'b', 'c'].map(zone => `${scope.ref('AWS::Region')}${zone}`),
  'Fn::ImportValue': (name: unknown, scope, resolve) => scope.exported(String(resolve(name))),
  'Fn::FindInMap': (keys: unknown[], scope, resolve) =>
    scope.mapping(...(keys.map(key => String(resolve(key))) as [string, string, string])),
  'Fn::If': ([name, yes, no]: [string, unknown, unknown], scope, resolve) =>
    resolve(scope.condition(name) ? yes : no),
  'Fn::Equals': ([a, b]: [unknown, unknown], _, resolve) =>
    JSON.stringify(resolve(a)) === JSON.stringify(resolve(b)),
  'Fn::Not': ([value]: [unknown], _, resolve) => !resolve(value),
  'Fn::And': (values: unknown[], _, resolve) => values.every(resolve),
  'Fn::Or': (values: unknown[], _, resolve) => values.some(resolve),
}

/** Replaces every CloudFormation intrinsic inside `value`; throws on one that is not known here. */
export const resolveIntrinsics = (value: unknown, scope: Scope): unknown => {
  const resolve = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(resolve).filter(item => item !== nothing)
    if (typeof inner !== 'object' || inner === null) return inner
    const entries = Object.entries(inner)
    const [name, argument] = entries[0] ?? ['', undefined]
    if (entries.length === 1 && name in intrinsics)
      return intrinsics[name]!(argument as never, scope, resolve)
    if (entries.length === 1 && name.startsWith('Fn::'))
      throw new Error(`the template uses ${name}, which deploy/intrinsics.ts does not know`)
    return Object.fromEntries(
      entries.map(([key, item]) => [key, resolve(item)] as const).filter(([, item]) => item !== nothing),
    )
  }
  return resolve(value)
}

/** Logical ids (and parameter names) that `value` refers to. */
export const referencesIn = (value: unknown, found = new Set<string>()): Set<string> => {
  if (typeof value !== 'object' || value === null) return found
  for (const [key, item] of Object.entries(value)) {
    if (key === 'Ref' && typeof item === 'string') found.add(item)
    else if (key === 'Fn::GetAtt')
      found.add(String(Array.isArray(item) ? item[0] : String(item).split('.')[0]))
    else if (key === 'Fn::Sub') {
      const text = String(Array.isArray(item) ? item[0] : item)
      for (const [, name] of text.matchAll(/\$\{([^!}][^}.]*)/g)) found.add(name!)
      referencesIn(item, found)
    } else referencesIn(item, found)
  }
  return found
}
