import type { ILayerVersion } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import type { Foundation } from '../foundation.ts'
import { type FunctionName, type FunctionRow, functionTable } from '../functions.ts'
import { NodeFunction } from './node-function.ts'

/** All functions that the table gives to a stack, by name. */
export const functionsOf = (
  scope: Construct,
  stack: FunctionRow['stack'],
  foundation: Foundation,
  layers: Partial<Record<'media-tools', ILayerVersion>> = {},
): Partial<Record<FunctionName, NodeFunction>> =>
  Object.fromEntries(
    Object.entries(functionTable)
      .filter(([, row]) => row.stack === stack)
      .map(([name, row]) => [
        name,
        new NodeFunction(scope, constructId(name), {
          name: name as FunctionName,
          foundation,
          layers: row.layers?.map(layer => {
            const version = layers[layer]
            if (!version)
              throw new Error(`${name} wants the layer ${layer}, which the ${stack} stack does not have`)
            return version
          }),
        }),
      ]),
  )

const constructId = (name: string) =>
  name.replaceAll(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())
