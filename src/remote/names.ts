/** What each kind of service is asked for, and its keys; for help. Its file in services/ loads the libraries that it needs. */
export const serviceSummaries = {
  google: "Google Cloud Vision: features labels (default), objects, web; key GOOGLE_API_KEY",
  aws: "Amazon Rekognition: labels; keys AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY; region AWS_REGION (default: us-east-1)",
  azure:
    "Azure AI Vision: features tags (default), caption; key AZURE_VISION_KEY; the endpoint is that of your resource",
  clarifai:
    "Clarifai: concepts of a model (default: general-image-recognition; others: USER/APP/MODEL); key CLARIFAI_PAT",
  openai:
    "any OpenAI-compatible vision model (default: gpt-4o-mini), which chooses from the classes of the data; key OPENAI_API_KEY",
  http: "any service that answers with JSON, as the file of its configuration describes; key LEGIBLE_HTTP_KEY",
} as const;

/** The name of a kind of service, as the setting `judge` takes it. */
export type ServiceName = keyof typeof serviceSummaries;

/** The names of all kinds of services. */
export const serviceNames = Object.keys(serviceSummaries) as readonly ServiceName[];

export const isServiceName = (name: string): name is ServiceName => serviceNames.some((each) => each === name);

/** The date of the list prices, which change. */
export const PRICES_OF = "June 2025";
