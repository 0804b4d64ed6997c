// Runs on the system's Node (20 or newer) before anything is installed: built-in modules only.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const localBin = join(root, '.local/bin')
const isRoot = process.getuid?.() === 0

if (process.argv.includes('--note')) {
  console.log(
    'Workers are Lambda functions that consume the queues: they run inside "npm run dev" and "npm start".',
  )
  process.exit(0)
}

const runAt = process.argv.indexOf('--run')
if (runAt >= 0 && process.argv.slice(runAt + 2).some(argument => /^(-h|--help)$/.test(argument)))
  printUsage(process.argv[runAt + 1])

installPackages()
requireNode24()
installTools()
if (runAt >= 0) run(process.argv.slice(runAt + 1))

/** Prints the usage that a program of the repository holds; nobody waits for an installation. */
function printUsage(script) {
  const [, usage] = /const USAGE = `([^`]*)`/.exec(readFileSync(join(root, script), 'utf8')) ?? []
  if (!usage) return
  console.log(usage)
  process.exit(0)
}

/**
 * Runs a program of the repository in place of this process: it gets the signals sent to this one,
 * and its exit code is ours. It also ends with our parent, because npm does not pass SIGTERM on.
 */
function run([script, ...args]) {
  const bundled = join(root, 'node_modules/.bin/node')
  // A group of its own: one Ctrl-C would otherwise arrive there twice, from the terminal and from
  // here.
  const child = spawn(existsSync(bundled) ? bundled : process.execPath, [join(root, script), ...args], {
    stdio: 'inherit',
    detached: true,
  })
  let lastAt = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      // npm repeats what the terminal has sent already.
      if (Date.now() - lastAt > 1000) child.kill(signal)
      lastAt = Date.now()
    })
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500).unref()
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}

function installPackages() {
  const stamp = join(root, 'node_modules/.installed')
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  const done = announce('Installing packages (npm ci), about a minute')
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (npm.status !== 0) {
    console.error('npm ci failed.')
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
  done()
}

function requireNode24() {
  const bundled = join(root, 'node_modules/.bin/node')
  const version = execFileSync(existsSync(bundled) ? bundled : process.execPath, ['--version'], {
    encoding: 'utf8',
  })
  if (Number(version.slice(1).split('.')[0]) >= 24) return
  console.error(
    `Node 24 is needed on ${process.platform}-${process.arch}, this is ${version.trim()}. Install it from https://nodejs.org and try again.`,
  )
  process.exit(1)
}

/**
 * Installs the tools that the local stack can use beside Node; each says what is lost without it.
 */
function installTools() {
  const tools = [
    {
      name: 'ffmpeg',
      found: () => onPath('ffmpeg') && onPath('ffprobe'),
      apt: ['ffmpeg'],
      brew: 'ffmpeg',
      without: 'no video can be processed',
    },
    {
      name: 'redis-server',
      found: () => onPath('redis-server') || onPath('valkey-server'),
      apt: ['redis-server'],
      brew: 'valkey',
      without: 'the cache runs in its degraded mode (Postgres answers)',
    },
    {
      name: 'a speech recogniser',
      found: () =>
        (onPath('whisper-cli') && process.env.WHISPER_MODEL) ||
        (onPath('pocketsphinx_batch') && existsSync('/usr/share/pocketsphinx/model/en-us')),
      apt: ['pocketsphinx', 'pocketsphinx-en-us'],
      brew: 'whisper-cpp',
      without: 'transcripts come from captions only',
    },
  ]
  if (process.argv.includes('--tests')) {
    tools.push({
      name: 'chromium',
      found: () => onPath('chromium') || onPath('google-chrome'),
      apt: ['chromium'],
      brew: 'chromium',
      without: 'the browser tests cannot run',
    })
  }
  let missing = tools.filter(tool => !tool.found())
  if (missing.length === 0) return
  if (isRoot && onPath('apt-get')) {
    const packages = missing.flatMap(tool => tool.apt)
    const done = announce(`Installing ${packages.join(', ')} (apt-get), one to three minutes`)
    apt(['update', '-qq'])
    apt(['install', '-y', '-qq', '--no-install-recommends', ...packages])
    missing = missing.filter(tool => !tool.found())
    done()
  }
  if (missing.some(tool => tool.name === 'ffmpeg') && installStaticFfmpeg())
    missing = missing.filter(tool => tool.name !== 'ffmpeg')
  for (const { name, without } of missing) console.warn(`Without ${name}: ${without}.`)
  if (missing.length > 0) {
    console.warn(
      process.platform === 'darwin'
        ? `To install: brew install ${missing.map(tool => tool.brew).join(' ')}`
        : `To install: sudo apt-get install -y ${missing.flatMap(tool => tool.apt).join(' ')}`,
    )
  }
}

/** Says what takes long; returns what says how long it took. */
function announce(work) {
  const startedAt = Date.now()
  console.log(`${work} …`)
  return () => console.log(`  done in ${Math.round((Date.now() - startedAt) / 1000)} s`)
}

function onPath(program) {
  return [localBin, ...(process.env.PATH ?? '').split(':')].some(
    folder => folder && existsSync(join(folder, program)),
  )
}

function apt(args) {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const { status, stderr } = spawnSync('apt-get', args, {
    env: environment,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  if (status !== 0) console.warn(`apt-get ${args[0]} failed: ${stderr.trim().split('\n').at(-1)}`)
}

/** npm's static builds, for development machines where nothing else can be installed. */
function installStaticFfmpeg() {
  const folder = join(root, '.local/tools')
  mkdirSync(folder, { recursive: true })
  mkdirSync(localBin, { recursive: true })
  console.log('Fetching static builds of ffmpeg and ffprobe from npm …')
  const npm = spawnSync(
    'npm',
    [
      'install',
      '--prefix',
      folder,
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      '@ffmpeg-installer/ffmpeg@1.1.0',
      '@ffprobe-installer/ffprobe@2.1.2',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  if (npm.status !== 0) return false
  const require = createRequire(join(folder, 'index.js'))
  for (const program of ['ffmpeg', 'ffprobe']) {
    rmSync(join(localBin, program), { force: true })
    symlinkSync(require(`@${program}-installer/${program}`).path, join(localBin, program))
  }
  return true
}
