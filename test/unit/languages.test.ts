import { describe, expect, it } from 'vitest'
import { SummarizeRequest } from '../../shared/contract/summaries.ts'
import { languageTag } from '../../shared/domain/media/media-facts.ts'
import { baseLanguage } from '../../shared/kernel/language-tags.ts'
import { transcribeLanguage } from '../../shared/providers/transcriber/transcribe-language.ts'

describe('What a browser calls the spoken language is heard by Transcribe:', () => {
  it.each([
    ['en-US', 'en-US'],
    ['en-us', 'en-US'],
    ['en-CA', 'en-US'],
    ['en-GB', 'en-GB'],
    ['vi', 'vi-VN'],
    ['vie', 'vi-VN'],
    ['vi-vn', 'vi-VN'],
    ['de-AT', 'de-DE'],
    ['de-ch', 'de-CH'],
    ['es-AR', 'es-ES'],
    ['fr-BE', 'fr-FR'],
    ['pt', 'pt-BR'],
    ['ar-EG', 'ar-AE'],
    ['zh', 'zh-CN'],
    ['zh-Hant', 'zh-TW'],
    ['zh-hk', 'zh-HK'],
    ['iw', 'he-IL'],
    ['nb-NO', 'no-NO'],
    ['tl', 'tl-PH'],
    ['fil-PH', 'tl-PH'],
    ['en-12', 'en-US'],
  ])('%s as %s', (tag, code) => {
    expect(transcribeLanguage(tag)).toBe(code)
  })

  it('one that it has never heard of stays as it is', () => {
    expect(['xx', 'xx-YYYY', 'eo'].map(transcribeLanguage)).toEqual(['xx', 'xx-YYYY', 'eo'])
  })
})

describe('A language', () => {
  it('is the same in every spelling, script and region', () => {
    expect(['vi', 'vie', 'VI-vn'].map(baseLanguage)).toEqual(['vi', 'vi', 'vi'])
    expect(['tl-PH', 'fil'].map(baseLanguage)).toEqual(['fil', 'fil'])
    expect(['zh-Hant', 'zh-CN', 'zh-12'].map(baseLanguage)).toEqual(['zh', 'zh', 'zh'])
  })

  it('of a request is asked for in one spelling, so that nothing is made twice', () => {
    const asked = (language: string) => SummarizeRequest.parse({ language }).language
    expect(['en-us', 'EN-US', 'vie', 'vi'].map(asked)).toEqual(['en-US', 'en-US', 'vi', 'vi'])
    for (const none of ['Vietnamese', 'v', 'vi_VN', ''])
      expect(SummarizeRequest.safeParse({ language: none }).success).toBe(false)
  })

  it.each([
    ...'vi vi-VN en en-US en-GB en-001 es-419 zh zh-Hant zh-Hans zh-TW zh-HK yue yue-HK wuu nan sr sr-Latn sr-Cyrl bs'.split(
      ' ',
    ),
    ...'hr nb nb-NO nn no fil fil-PH ceb ja ko-KR th km lo my id ms ar-EG he fa ckb ur hi pa-Arab ta bo ug kk uz-Latn'.split(
      ' ',
    ),
    ...'pt-BR de-CH uk ga cy eo la haw'.split(' '),
  ])('that is spoken can be asked for: %s', language => {
    expect(SummarizeRequest.parse({ language }).language).toBe(language)
  })

  it.each([
    ['zh-Hans-CN', 'zh-Hans-CN'],
    ['zh-hans-cn', 'zh-Hans-CN'],
    ['sr-Latn-RS', 'sr-Latn-RS'],
    ['yue-Hant-HK', 'yue-Hant'],
    ['en-US-u-hc-h12', 'en-US'],
    ['vi-VN-u-ca-gregory-nu-latn', 'vi-VN'],
    ['ca-ES-valencia', 'ca-ES'],
    ['de-1996', 'de'],
    ['en-x-twain', 'en'],
  ])('that a phone or browser names at length is kept in short: %s as %s', (long, language) => {
    expect(SummarizeRequest.parse({ language: long }).language).toBe(language)
  })

  it.each([
    ['tl', 'fil'],
    ['tl-PH', 'fil-PH'],
    ['iw', 'he'],
    ['cmn', 'zh'],
    ['sh', 'sr-Latn'],
    ['sh-BA', 'sr-Latn-BA'],
    ['sh-419', 'sr-Latn'],
  ])('that has a newer tag can be asked for by the old one: %s as %s', (old, language) => {
    expect(SummarizeRequest.parse({ language: old }).language).toBe(language)
  })

  it.each([
    ...'sgn zz xx qaa qaa-Q1 zzz zzz-abcd und mul mis zxx vi-QQ vi-12 vi-999 vi-abc vi-Abcd'.split(' '),
  ])('that nobody knows cannot be asked for: %s', language => {
    const { error } = SummarizeRequest.safeParse({ language })
    expect(error?.issues.map(({ message }) => message)).toEqual([
      'Use the BCP 47 tag of a language that exists, such as "vi", "en-US" or "zh-Hans-CN".',
    ])
  })

  it('of a file is known only when the file names one', () => {
    expect(['vie', 'pt_BR', ' en '].map(languageTag)).toEqual(['vi', 'pt-BR', 'en'])
    for (const tag of ['und', 'mul', 'zxx', 'Tiếng Việt', '', 5, undefined])
      expect(languageTag(tag)).toBeUndefined()
  })
})
