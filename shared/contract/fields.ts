import * as z from 'zod'
import { canonicalTag, isKnownLanguage } from '../kernel/language-tags.ts'

/** Text that Postgres can store. */
export const plainText = z
  .string()
  .refine(value => !value.includes('\u0000'), 'The character U+0000 is not allowed.')
/** In the spelling of our keys in S3, which tells capitals apart where Postgres does not. */
export const uuid = z.uuid().toLowerCase()
export const videoParams = z.object({ id: uuid })
export const videoIdParams = z.object({ videoId: uuid })
const LANGUAGE_COLUMN_LENGTH = 10
const NO_LANGUAGE_TAG = 'Use a BCP 47 tag such as "vi" or "en-US".'
/**
 * BCP 47, as far as the columns go (VARCHAR(10)), in the one spelling: what is kept for `en-US` is
 * found for `en-us`. Only languages that exist, because each has a summary that is paid for; and
 * the one spelling may be longer (`sh-419` -> `sr-Latn-419`).
 */
export const languageTag = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,4})?$/, { error: NO_LANGUAGE_TAG, abort: true })
  .overwrite(tag => canonicalTag(tag) ?? tag)
  .refine(tag => tag.length <= LANGUAGE_COLUMN_LENGTH && isKnownLanguage(tag), NO_LANGUAGE_TAG)
export const isoTime = z.iso.datetime()
