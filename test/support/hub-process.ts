import { startStack } from '../../packages/local-aws/src/stack/stack.ts'

// A hub as a process of its own.
const [stateDir = '', ports = '{}'] = process.argv.slice(2)
await startStack({ stateDir, ...JSON.parse(ports), environment: process.env })
console.log('ready')
