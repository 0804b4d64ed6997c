import * as z from 'zod'
import { cleanText } from '../kernel/clean-text.ts'
import { isKnownLanguage, shortTag } from '../kernel/language-tags.ts'

/** Text that Postgres can store. Other characters that are not seen are left out. */
export const plainText = z
  .string()
  .refine(value => !value.includes('\u0000'), 'The character U+0000 is not allowed.')
  .overwrite(cleanText)
/** In the spelling of our keys in S3, which tells capitals apart where Postgres does not. */
export const uuid = z.uuid().toLowerCase()
export const videoParams = z.object({ id: uuid })
export const videoIdParams = z.object({ videoId: uuid })
/** Longer than any tag that a system sends. */
const MAX_TAG_CHARACTERS = 100
const NO_LANGUAGE_TAG = 'Use the BCP 47 tag of a language that exists, such as "vi", "en-US" or "zh-Hans-CN".'
/**
 * BCP 47 in one short spelling: what is kept for `en-US` is found for `en-us` and for
 * `en-US-u-hc-h12`. Only languages that exist, because each has a summary that is paid for.
 */
export const languageTag = z
  .string()
  .max(MAX_TAG_CHARACTERS, { abort: true })
  .overwrite(tag => shortTag(tag) ?? tag)
  .refine(tag => shortTag(tag) === tag && isKnownLanguage(tag), NO_LANGUAGE_TAG)
export const isoTime = z.iso.datetime()
