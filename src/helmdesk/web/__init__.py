"""The site: a Django project over one desk.

Every page is a folder in `pages`, found by scanning; it asks the desk the same questions as the
command line and the API do, under a policy that is compiled into every query. Nothing below this
package imports Django.
"""
