import { XMLParser } from 'fast-xml-parser'
import { s3Error } from './s3-error.ts'

export type XmlNode = string | number | boolean | undefined | XmlNode[] | { [name: string]: XmlNode }

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
}

const element = (name: string, node: XmlNode): string => {
  if (node === undefined) return ''
  if (Array.isArray(node)) return node.map(item => element(name, item)).join('')
  return `<${name}>${content(node)}</${name}>`
}

const content = (node: XmlNode): string =>
  typeof node === 'object' && !Array.isArray(node)
    ? Object.entries(node)
        .map(([name, child]) => element(name, child))
        .join('')
    : String(node).replace(/[&<>"\r]/g, character => ENTITIES[character]!)

/** Arrays become repeated elements, undefined becomes nothing. */
export const toXml = (root: string, node: XmlNode): string => {
  const namespace = root === 'Error' ? '' : ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${namespace}>${content(node)}</${root}>`
}

const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
  isArray: name => name === 'Object' || name === 'Part',
})

/** The children of the document's root element; every value is a string. Throws MalformedXML. */
export const fromXml = (text: string, root: string): Record<string, unknown> => {
  try {
    const children: unknown = parser.parse(text, true)[root]
    if (typeof children === 'object' && children !== null) return children as Record<string, unknown>
  } catch {
    // Reported below: the parser's own words are not S3's.
  }
  throw s3Error('MalformedXML')
}
