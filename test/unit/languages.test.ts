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
    for (const none of ['Vietnamese', 'v', 'vi_VN', '']) expect(SummarizeRequest.safeParse({ language: none }).success).toBe(false)
  })

  it('of a file is known only when the file names one', () => {
    expect(['vie', 'pt_BR', ' en '].map(languageTag)).toEqual(['vi', 'pt-BR', 'en'])
    for (const tag of ['und', 'mul', 'zxx', 'Tiếng Việt', '', 5, undefined]) expect(languageTag(tag)).toBeUndefined()
  })
})
