"""The images of the platform: what each is made of, and how it is built, loaded and pushed."""
