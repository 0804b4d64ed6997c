import { type App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'

/** Adds cdk-nag's AwsSolutions and Serverless packs to the checks of synthesis. */
export const addRulePacks = (app: App) => Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))

export const acknowledgeFindings = (_app: App) => {}
